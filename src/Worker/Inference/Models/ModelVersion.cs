using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Models;

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

    /// <summary>SHA-256 over its files and its <c>model.json</c>; empty where it was made of none.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Its <c>model.json</c>.</summary>
    public ModelConfig Config { get; init; } = new();

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

    /// <summary>The most bytes that the outputs of one job may take, in the protocol's binary layout.</summary>
    public long MaxOutputBytes { get; init; } = Storability.MaxOutputBytes;

    /// <summary>What all of its jobs are batched by; null where a dimension but the first is open, and each job has a key of its own.</summary>
    public BatchKey? FixedKey { get; init; }

    /// <summary>Bytes that a job's outputs are known to take before it runs; those whose shape is known only after it count as none.</summary>
    /// <param name="selection">Indexes of the outputs that it asks for.</param>
    /// <param name="rows">Its rows; 1 where the model is not batchable.</param>
    public UInt128 KnownOutputBytes(ReadOnlySpan<int> selection, int rows)
    {
        UInt128 bytes = 0;
        for (var i = 0; i < Signature.Outputs.Count; i++)
        {
            if (IsNeeded(i, selection))
            {
                bytes += (UInt128)(KnownRowBytes(Signature.Outputs[i]) ?? 0) * (uint)rows;
            }
        }

        return bytes;
    }

    /// <summary>Where the outputs of one of its jobs come together.</summary>
    /// <param name="selection">Indexes of the outputs that the job asks for, in the order of the reply.</param>
    /// <param name="rows">The job's rows.</param>
    public JobOutputs Gather(int[] selection, int rows)
    {
        var outputs = new JobOutputs(Signature.Slots, IsBatchable, MaxOutputBytes, selection, rows);
        foreach (var index in selection)
        {
            outputs.Want(LabelOf(index)?.Output ?? index);
        }

        return outputs;
    }

    /// <summary>The labels that an output has; null for one of the graph's own.</summary>
    /// <param name="index">Among all outputs.</param>
    public LabelSpec? LabelOf(int index)
    {
        if (index < Signature.Outputs.Count)
        {
            return null;
        }

        foreach (var label in Labels)
        {
            if (label.LabelOutput == index || label.ScoreOutput == index)
            {
                return label;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, "no output of the model");
    }

    private bool IsNeeded(int output, ReadOnlySpan<int> selection)
    {
        foreach (var index in selection)
        {
            if (index == output)
            {
                return true;
            }

            for (var i = 0; i < Labels.Count; i++)
            {
                if (Labels[i].Output == output && (Labels[i].LabelOutput == index || Labels[i].ScoreOutput == index))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private long? KnownRowBytes(TensorSpec spec)
    {
        if (spec.Datatype == TensorDatatype.Bytes || spec.RowElements is not { } elements)
        {
            return null;
        }

        var first = IsBatchable || spec.Shape.Length == 0 ? 1 : Math.Max(spec.Shape[0], 0);
        return (long)UInt128.Min((UInt128)elements * (ulong)first * (uint)spec.Datatype.ElementSizeBytes(), long.MaxValue);
    }

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
