using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Producer;
using Millrace.Scoring;
using Millrace.Scoring.Sources;
using Millrace.Worker.Resilience;

namespace Millrace.Cli.Score;

/// <summary>Says of a run that is broken off what is left of it, and how to go on.</summary>
internal sealed class BrokenOffRun(CliContext context, Guid runId, CsvSource source)
{
    /// <summary>Waits for a step of the run.</summary>
    public async Task<T> WatchAsync<T>(Task<T> step)
    {
        try
        {
            return await step;
        }
        catch (Exception failure) when (failure is ReplyTimeoutException or BrokerConnectionException or OperationCanceledException
            or StoreFailedException or StoreUnreachableException or IOException)
        {
            await context.Error.WriteLineAsync(
                $"run {runId} was not finished: the same command with --run {runId} takes it up again, and no row is scored twice");
            throw;
        }
        catch (UsageException) when (source.RowNumber > 0)
        {
            // The file showed only here that it is written in another way.
            await context.Error.WriteLineAsync($"run {runId} ends in the midst of its file: the rows before have results in the store under this id");
            throw;
        }
    }
}
