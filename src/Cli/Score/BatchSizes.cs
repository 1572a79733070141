using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Results;

namespace Millrace.Cli.Score;

/// <summary>How large the batches were that a run's jobs ran in, as the store tells it.</summary>
internal static class BatchSizes
{
    /// <summary>
    /// The mean: a job of n rows that ran in batches of b rows is n/b of a batch, and the run's rows are divided by the sum of these.
    /// </summary>
    /// <returns>Null where the store cannot be asked: it is not known here, or not reached.</returns>
    public static async Task<double?> MeanAsync(
        CliContext context, ClientSession session, StoreChoice choice, Guid runId, int jobs, CancellationToken cancellationToken)
    {
        if (jobs == 0)
        {
            return null;
        }

        if (session.Store is { } store)
        {
            return await MeanAsync(store, runId, jobs, cancellationToken);
        }

        if (choice.ConnectionString is null)
        {
            return null;
        }

        await using var served = choice.Open(context);
        try
        {
            return await MeanAsync(served, runId, jobs, cancellationToken);
        }
        catch (StoreUnreachableException)
        {
            // A figure for people is not worth the run.
            return null;
        }
    }

    private static async Task<double?> MeanAsync(IResultStore store, Guid runId, int jobs, CancellationToken cancellationToken)
    {
        long rows = 0;
        double batches = 0;
        await store.ReadOrExplainAsync(
            store.QueryAsync(new ResultQuery { RunId = runId, Limit = jobs }, cancellationToken),
            row =>
            {
                if (row is { Status: JobStatus.Succeeded, BatchRows: > 0 })
                {
                    rows += row.RowCount;
                    batches += (double)row.RowCount / row.BatchRows.Value;
                }
            },
            cancellationToken);
        return batches > 0 ? rows / batches : null;
    }
}
