using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Millrace.Results;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Marks the rows of undeliverable replies, whatever waits in one statement and one statement at a time, and completes their jobs once the
/// marks are committed; a store that is away is waited for. A loop that ends by an exception ends the worker: its jobs are unacked, and come again.
/// </summary>
internal sealed class UndeliverableMarks(IResultStore store, RetryPipelines retries) : BackgroundService
{
    private const int MaxMarks = 1_000;

    // Unbounded because it is bounded already: each entry is an unacked delivery, and the broker's prefetch bounds those.
    private readonly Channel<Mark> _waiting = Channel.CreateUnbounded<Mark>(new UnboundedChannelOptions { SingleReader = true });

    // Marks are finished also while the worker ends; only the end of the grace period stops them.
    private readonly CancellationTokenSource _drain = new();

    /// <summary>Takes a job whose row is committed. Never blocks.</summary>
    /// <param name="job">The job; it is completed once its row is marked.</param>
    /// <param name="reason">One of <see cref="UndeliverableReason"/>.</param>
    public void Add(PendingJob job, string reason)
    {
        if (!_waiting.Writer.TryWrite(new Mark(job, reason)))
        {
            job.Abandon(new OperationCanceledException("The worker ends before the mark could be written."));
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await using var _ = _drain.CancelWith(cancellationToken);
        if (ExecuteTask is { IsFaulted: false } loop)
        {
            await loop;
        }

        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _drain.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var marks = new List<Mark>();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
            {
                marks.Clear();
                while (marks.Count < MaxMarks && _waiting.Reader.TryRead(out var mark))
                {
                    marks.Add(mark);
                }

                await CommitAsync(marks);
            }
        }
        finally
        {
            // After a failure: what comes from now on goes back to the broker, like all that waits.
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var mark))
            {
                Add(mark.Job, mark.Reason);
            }
        }
    }

    private async Task CommitAsync(List<Mark> marks)
    {
        try
        {
            var replies = marks.ConvertAll(mark => new UndeliverableReply(mark.Job.JobId, mark.Reason));
            await retries.Store.ExecuteAsync(
                async (state, token) => await state.store.MarkUndeliverableAsync(state.replies, token), (store, replies), _drain.Token);
            marks.ForEach(mark => mark.Job.Complete());
        }
        catch (Exception fault)
        {
            marks.ForEach(mark => mark.Job.Abandon(fault));
            if (!_drain.IsCancellationRequested)
            {
                throw;
            }
        }
    }

    private readonly record struct Mark(PendingJob Job, string Reason);
}
