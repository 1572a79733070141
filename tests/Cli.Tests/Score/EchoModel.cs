using Millrace.TestKit;

namespace Millrace.Cli.Tests.Score;

/// <summary>A model that gives back what it is given: what a cell was read as stands beside it.</summary>
internal static class EchoModel
{
    /// <summary>Of one column of a datatype.</summary>
    public static CliRun Of(TensorDatatype datatype, string column) => new()
    {
        Transport = new ScriptedTransport((job, _) => Task.FromResult(Answer(job))),
        Model = SumModel.Plain with
        {
            MaxBatchSize = 4,
            Inputs = [new TensorDescription("x", datatype, [-1, 1])],
            Outputs = [new TensorDescription("y", datatype, [-1, 1])],
            Columns = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["x"] = [column] },
        },
    };

    private static PredictionResult Answer(PredictionJob job) => new()
    {
        Id = job.Id,
        ModelName = job.ModelName,
        ModelVersion = "1",
        Status = JobStatus.Succeeded,
        Outputs = [job.Inputs[0] with { Name = "y" }],
    };
}
