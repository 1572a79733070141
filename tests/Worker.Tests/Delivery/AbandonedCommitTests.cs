using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

/// <summary>What decides between exit codes 0 and 1 at a stop.</summary>
public sealed class AbandonedCommitTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_says_whether_decided_jobs_went_back_uncommitted(bool isAway)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = new MemoryStore
        {
            OnCommit = _ =>
            {
                begun.TrySetResult();
                return answer.Task;
            },
        };
        using var metrics = new WorkerMetrics(TimeProvider.System);
        using var writer = ResultWriters.Create(store, new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance), metrics);
        await writer.StartAsync(Token);
        var job = PendingJobs.ToBatch(TimeProvider.System);
        job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded });
        writer.Enqueue(job);
        await begun.Task.WaitAsync(s_patience, Token);

        using var timeIsUp = new CancellationTokenSource();
        var stopping = writer.StopAsync(timeIsUp.Token);
        if (isAway)
        {
            await timeIsUp.CancelAsync();
            answer.SetCanceled(Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.Settled().WaitAsync(s_patience, Token));
        }
        else
        {
            answer.SetResult();
            await job.Settled().WaitAsync(s_patience, Token);
        }

        await stopping.WaitAsync(s_patience, Token);
        Assert.Equal(isAway, writer.HasAbandoned);
    }
}
