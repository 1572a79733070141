namespace Millrace.Results.Tests.Contract;

/// <summary>Rows as a worker commits them, and how two of them are compared.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset ReceivedAt = new(2025, 3, 1, 12, 30, 15, TimeSpan.Zero);

    /// <summary>A job that succeeded with a label for each of its rows.</summary>
    public static ResultRow Succeeded(params string[] labels) => new()
    {
        JobId = Guid.NewGuid(),
        ModelName = "digits",
        ModelVersion = "1",
        Status = JobStatus.Succeeded,
        Lane = Lane.Interactive,
        RowCount = labels.Length,
        Outputs = [Tensor.Create("label", [labels.Length, 1], labels)],
        PayloadHash = new byte[16],
        BatchRows = 64,
        Worker = "test",
        ReceivedAt = ReceivedAt,
    };

    /// <summary>A job that was rejected.</summary>
    public static ResultRow Rejected(int rowCount = 1) => Succeeded() with
    {
        Status = JobStatus.Rejected,
        Code = ErrorCode.ShapeMismatch,
        Error = "input 'x': expected [-1,64], found [1,63]",
        RowCount = rowCount,
        Outputs = [],
        BatchRows = null,
    };

    /// <summary>A job of four rows whose second and last are bad.</summary>
    public static ResultRow Partial(params Tensor[] outputs) => Succeeded() with
    {
        RowCount = 4,
        Outputs = outputs.Length > 0 ? outputs : [Tensor.Create("label", [2, 1], ["7", "3"])],
        RowErrors = [new RowError(1, ErrorCode.InvalidValue, "no text"), new RowError(3, ErrorCode.InferenceFailed, "index \"9\"")],
    };

    /// <summary>A chunk of a run.</summary>
    public static ResultRow OfRun(Guid runId, long runRow, params string[] labels) => Succeeded(labels) with
    {
        RunId = runId,
        RunRow = runRow,
        Lane = Lane.Bulk,
    };

    /// <summary>Requires that a row came back as it was given, with the store's time on it.</summary>
    public static void AssertStored(ResultRow given, ResultRow found)
    {
        Assert.NotNull(found.CommittedAt);
        Assert.Equal(TimeSpan.Zero, found.CommittedAt.Value.Offset);
        Assert.Equal(given.PayloadHash.ToArray(), found.PayloadHash.ToArray());
        AssertOutputs(given.Outputs, found.Outputs);
        Assert.Equal(given.RowErrors, found.RowErrors);
        // Records compare lists and memory by reference: those were compared above.
        Assert.Equal(
            given with { Outputs = [], RowErrors = [], PayloadHash = default, CommittedAt = null },
            found with { Outputs = [], RowErrors = [], PayloadHash = default, CommittedAt = null });
    }

    /// <summary>Requires the same tensors, bit for bit and in the same order.</summary>
    public static void AssertOutputs(IReadOnlyList<Tensor> given, IReadOnlyList<Tensor> found)
    {
        Assert.Equal(given.Select(output => output.Name), found.Select(output => output.Name));
        foreach (var (expected, actual) in given.Zip(found))
        {
            Assert.Equal(expected.Datatype, actual.Datatype);
            Assert.Equal(expected.Shape, actual.Shape);
            Assert.Equal(expected.Data.ToArray(), actual.Data.ToArray());
        }
    }
}
