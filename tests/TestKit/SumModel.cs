using System.Globalization;
using Millrace.Contracts;

namespace Millrace.TestKit;

/// <summary>A model whose answers can be told by heart: the label is the sum of the row's two numbers, the score a half.</summary>
internal static class SumModel
{
    public const string Name = "sum";

    /// <summary>With labels: the outputs <c>label</c> and <c>score</c>.</summary>
    public static ModelDescription Labelled { get; } = new()
    {
        Name = Name,
        Version = "1",
        MaxBatchSize = 2,
        Inputs = [new TensorDescription("x", TensorDatatype.Fp32, [-1, 2])],
        Outputs = [new TensorDescription("label", TensorDatatype.Bytes, [-1, 1]), new TensorDescription("score", TensorDatatype.Fp32, [-1, 1])],
        Columns = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["x"] = ["a", "b"] },
        LabelOutputs = ["label"],
        PredictionOutput = "label",
        ConfidenceOutput = "score",
    };

    /// <summary>Without labels: the outputs as they are.</summary>
    public static ModelDescription Plain { get; } = Labelled with { LabelOutputs = [], PredictionOutput = null, ConfidenceOutput = null };

    public static Task<PredictionResult> AnswerAsync(PredictionJob job, CancellationToken cancellationToken) => Task.FromResult(Answer(job));

    public static PredictionResult Answer(PredictionJob job)
    {
        var numbers = job.Inputs[0].AsSpan<float>().ToArray();
        var sums = numbers.Chunk(2).Select(pair => (pair[0] + pair[1]).ToString(CultureInfo.InvariantCulture)).ToList();
        return new PredictionResult
        {
            Id = job.Id,
            ModelName = job.ModelName,
            ModelVersion = "1",
            Status = JobStatus.Succeeded,
            Outputs =
            [
                Tensor.Create("label", [sums.Count, 1], sums),
                Tensor.Create<float>("score", [sums.Count, 1], Enumerable.Repeat(0.5f, sums.Count).ToArray()),
            ],
        };
    }

    /// <summary>Answers the rows whose first number is none of the bad ones, and names those.</summary>
    public static PredictionResult AnswerGood(PredictionJob job, float[] bad)
    {
        var rows = job.Inputs[0].AsSpan<float>().ToArray().Chunk(2).ToList();
        var good = rows.Where(row => !bad.Contains(row[0])).SelectMany(row => row).ToArray();
        var errors = rows.Index().Where(row => bad.Contains(row.Item[0]))
            .Select(row => new RowError(row.Index, ErrorCode.InferenceFailed, $"bad {row.Item[0].ToString(CultureInfo.InvariantCulture)}"))
            .ToList();
        return good.Length == 0
            ? Rejection(job) with { Status = JobStatus.Failed, Code = ErrorCode.InferenceFailed, Error = "all are bad", RowErrors = rows.Count > 1 ? errors : [] }
            : Answer(job with { Inputs = [Tensor.Create<float>("x", [good.Length / 2, 2], good)] }) with { RowErrors = errors };
    }

    public static PredictionResult Rejection(PredictionJob job) => new()
    {
        Id = job.Id,
        ModelName = job.ModelName,
        Status = JobStatus.Rejected,
        Code = ErrorCode.ValueNotFinite,
        Error = "inputs[0] 'x': NaN, \"finite\" wanted",
    };
}
