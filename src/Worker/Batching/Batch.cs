namespace Millrace.Worker.Batching;

/// <summary>What one run of a session gets.</summary>
/// <param name="Key">What its jobs share.</param>
/// <param name="Slices">In the order of their rows.</param>
internal sealed record Batch(BatchKey Key, IReadOnlyList<BatchSlice> Slices)
{
    public int Rows { get; } = CountRows(Slices);

    private static int CountRows(IReadOnlyList<BatchSlice> slices)
    {
        var rows = 0;
        for (var i = 0; i < slices.Count; i++)
        {
            rows += slices[i].Rows;
        }

        return rows;
    }
}
