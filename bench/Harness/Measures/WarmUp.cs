using Millrace.Bench.Load;

namespace Millrace.Bench.Measures;

/// <summary>
/// What a contender does before it is measured. .NET compiles a method again once it is seen to be called often, on a thread beside the work:
/// a program of some size does that for tens of seconds, and would be measured as slower than it then runs for days.
/// </summary>
internal static class WarmUp
{
    // One portion of jobs after the other, until .NET compiles no more, or nearly so. Portions of seconds: it also pauses between two rounds of
    // compiling, and half as many jobs ended the warm-up in such a pause, with a worker that was 15 % slower.
    private const double MostCompiling = 0.03;
    private const int MostPortions = 8;

    /// <summary>Warms the contender up for the turn's workload.</summary>
    public static async Task RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        for (var portion = 1; portion <= MostPortions; portion++)
        {
            var (managed, processor) = (await turn.Running.ReadManagedAsync(cancellationToken), turn.Running.ProcessorTime);
            await ClosedLoop.RunAsync(turn, turn.Workload.WarmUpJobs, turn.InFlight, cancellationToken);
            await turn.Site.CleanAsync(turn.Contender.Table, turn.Workload.Served, cancellationToken);
            var compiling = (await turn.Running.ReadManagedAsync(cancellationToken))?.Compiling - managed?.Compiling;
            if (portion > 1 && (compiling is null || compiling < MostCompiling * (turn.Running.ProcessorTime - processor)))
            {
                return;
            }
        }
    }
}
