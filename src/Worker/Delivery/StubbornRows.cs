using Microsoft.Extensions.Logging;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Jobs whose rows the store does not take, for no known reason, aside from the others, which they must not hold up: they are tried again for as
/// long as the worker lives. Each is an unacked delivery, so the broker's prefetch bounds them.
/// </summary>
internal sealed partial class StubbornRows(RowCommits commits, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _some = new(0);
    private List<PendingJob> _waiting = [];

    /// <summary>Takes jobs that were not taken.</summary>
    public void Add(IReadOnlyList<PendingJob> jobs)
    {
        lock (_lock)
        {
            _waiting.AddRange(jobs);
        }

        _some.Release();
    }

    /// <summary>Tries them again and again, until it is told to end. What waits then is given back by <see cref="TakeAll"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wait = s_firstWait;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _some.WaitAsync(cancellationToken);
                await Task.Delay(wait, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            wait = await TryAsync(cancellationToken) ? s_firstWait : wait * 2 < s_longestWait ? wait * 2 : s_longestWait;
        }
    }

    /// <summary>Those that wait; they wait here no longer.</summary>
    public List<PendingJob> TakeAll()
    {
        lock (_lock)
        {
            (var all, _waiting) = (_waiting, []);
            return all;
        }
    }

    public void Dispose() => _some.Dispose();

    /// <returns>Whether all are through.</returns>
    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        var jobs = TakeAll();
        if (jobs.Count == 0)
        {
            return true;
        }

        IReadOnlyList<PendingJob> left = jobs;
        try
        {
            left = await commits.CommitAgainAsync(jobs, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The worker ends: whatever has its row by now is settled, and giving it back changes nothing.
        }
        finally
        {
            if (left.Count > 0)
            {
                LogWaiting(left.Count);
                Add(left);
            }
        }

        return left.Count == 0;
    }

    [LoggerMessage(EventId = 306, Level = LogLevel.Warning, Message = "{Rows} row(s) wait for the store to take them")]
    private partial void LogWaiting(int rows);
}
