using Millrace.Worker.Batching;

namespace Millrace.Worker.Inference;

/// <summary>One version of a model as it is served: what jobs are checked against and batched by.</summary>
internal sealed record ModelVersion
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required ModelSignature Signature { get; init; }

    /// <summary>The graph's outputs, then those that the labels add.</summary>
    public required IReadOnlyList<TensorSpec> Outputs
    {
        get;
        init
        {
            field = value;
            AllOutputs = [.. Enumerable.Range(0, value.Count)];
        }
    }

    /// <summary>What a job gets that asks for no outputs in particular: the index of each. Not to be written to.</summary>
    public int[] AllOutputs { get; private init; } = [];

    public required IReadOnlyList<LabelSpec> Labels { get; init; }

    /// <summary>What each input's elements are multiplied by; null for none.</summary>
    public required IReadOnlyList<double?> Scales { get; init; }

    /// <summary>False: a run takes one job, with the shapes that it brings.</summary>
    public required bool IsBatchable { get; init; }

    /// <summary>Rows; 1 where the model is not batchable.</summary>
    public required int MaxBatchSize { get; init; }

    public required TimeSpan MaxQueueDelay { get; init; }

    public required TimeSpan RunTimeout { get; init; }

    /// <summary>Rising; empty where every size is run as it is.</summary>
    public required IReadOnlyList<int> Buckets { get; init; }

    public required bool RequireFinite { get; init; }

    public required long? MaxElements { get; init; }

    /// <summary>What all of its jobs are batched by; null where a dimension but the first is open, and each job has a key of its own.</summary>
    public BatchKey? FixedKey { get; init; }

    /// <summary>The rows that a batch of <paramref name="rows"/> is run with.</summary>
    public int PaddedRows(int rows)
    {
        for (var i = 0; i < Buckets.Count; i++)
        {
            if (Buckets[i] >= rows)
            {
                return Buckets[i];
            }
        }

        return rows;
    }

    /// <summary>The largest batch that runs at most half the rows of one of <paramref name="rows"/>; 0 for none.</summary>
    public int HalfBatch(int rows)
    {
        var half = PaddedRows(rows) / 2;
        if (!IsBatchable || Buckets.Count == 0)
        {
            return IsBatchable ? half : 0;
        }

        var largest = 0;
        for (var i = 0; i < Buckets.Count && Buckets[i] <= half; i++)
        {
            largest = Buckets[i];
        }

        return largest;
    }
}
