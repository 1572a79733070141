namespace Millrace.Worker.Inference.Models;

/// <summary>
/// Chooses the rows of a batch for a model whose owner names none: the smallest size beyond which a row gets no cheaper, as measured,
/// with runs short enough for whoever waits behind them. Pure.
/// </summary>
internal static class BatchSizeChoice
{
    /// <summary>Where nothing could be measured.</summary>
    public const int Unmeasured = 64;

    // What a batch costs beside its run, in the worker: waking the session's thread, packing, handing on. It spreads over the rows.
    private static readonly TimeSpan s_overhead = TimeSpan.FromMicroseconds(20);

    // What a row may cost more than the cheapest. Less than that is noise, and a larger batch is later for all of its jobs.
    private const double Tolerance = 1.1;

    /// <summary>The sizes that are tried.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [1, 4, 16, 64, 256, 1024];

    /// <param name="runs">Rows, and how long a run of so many took; rising.</param>
    /// <param name="longest">How long a run may take.</param>
    public static int Choose(IReadOnlyList<(int Rows, TimeSpan Run)> runs, TimeSpan longest)
    {
        // One row is run however long it takes.
        var fit = runs.Where(run => run.Rows == 1 || run.Run <= longest).ToList();
        if (fit.Count == 0)
        {
            return Unmeasured;
        }

        var cheapest = fit.Min(CostOfRow);
        return fit.First(run => CostOfRow(run) <= cheapest * Tolerance).Rows;
    }

    private static double CostOfRow((int Rows, TimeSpan Run) run) => (run.Run + s_overhead).TotalMicroseconds / run.Rows;
}
