using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

public sealed class ResultWriterTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _storeGoesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<int> _begun = Channel.CreateUnbounded<int>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Few_small_rows_wait_for_the_commit_that_goes_on_and_make_one_together()
    {
        await WriteAsync(commits: 4, async writer =>
        {
            var jobs = Enqueue(writer, 1);
            Assert.Equal(1, await NextCommitAsync());
            for (var i = 0; i < 63; i++)
            {
                jobs.AddRange(Enqueue(writer, 1));
            }

            _storeGoesOn.SetResult();

            Assert.Equal(63, await NextCommitAsync());
            await SettledAsync(jobs);
        });
    }

    [Fact]
    public async Task Many_rows_are_committed_beside_the_commit_that_goes_on()
    {
        await WriteAsync(commits: 2, async writer =>
        {
            var jobs = Enqueue(writer, 1);
            Assert.Equal(1, await NextCommitAsync());
            jobs.AddRange(Enqueue(writer, 200));

            Assert.InRange(await NextCommitAsync(), 64, 200);

            _storeGoesOn.SetResult();
            await SettledAsync(jobs);
        });
    }

    [Fact]
    public async Task A_row_with_large_outputs_is_worth_a_commit_by_itself()
    {
        await WriteAsync(commits: 2, async writer =>
        {
            var jobs = Enqueue(writer, 1);
            Assert.Equal(1, await NextCommitAsync());
            var large = new JobOutcome { Status = JobStatus.Succeeded, Outputs = [Tensor.Create<float>("y", [1, 5000], new float[5000])] };
            jobs.AddRange(Enqueue(writer, 1, large));

            Assert.Equal(1, await NextCommitAsync());

            _storeGoesOn.SetResult();
            await SettledAsync(jobs);
        });
    }

    [Fact]
    public async Task With_one_commit_at_once_many_rows_wait_too()
    {
        await WriteAsync(commits: 1, async writer =>
        {
            var jobs = Enqueue(writer, 1);
            Assert.Equal(1, await NextCommitAsync());
            jobs.AddRange(Enqueue(writer, 200));

            _storeGoesOn.SetResult();

            Assert.Equal(200, await NextCommitAsync());
            await SettledAsync(jobs);
        });
    }

    [Fact]
    public async Task A_stop_waits_for_all_that_is_decided()
    {
        var jobs = new List<PendingJob>();
        await WriteAsync(commits: 3, async writer =>
        {
            jobs.AddRange(Enqueue(writer, 300));
            Assert.True(await NextCommitAsync() > 0);
            var stopping = writer.StopAsync(Token);
            Assert.False(stopping.IsCompleted);

            _storeGoesOn.SetResult();

            await stopping.WaitAsync(s_patience, Token);
            Assert.All(jobs, job => Assert.True(job.Settled().IsCompletedSuccessfully));
        });
    }

    private static List<PendingJob> Enqueue(ResultWriter writer, int count, JobOutcome? outcome = null)
    {
        var jobs = new List<PendingJob>();
        for (var i = 0; i < count; i++)
        {
            var job = PendingJobs.ToBatch(TimeProvider.System);
            Assert.True(job.TryDecide(outcome ?? JobOutcome.Rejected(ErrorCode.InvalidRequest, "no")));
            jobs.Add(job);
            writer.Enqueue(job);
        }

        return jobs;
    }

    private static Task SettledAsync(List<PendingJob> jobs) =>
        Task.WhenAll(jobs.Select(job => job.Settled())).WaitAsync(s_patience, Token);

    /// <returns>The rows of the next commit that begins.</returns>
    private async Task<int> NextCommitAsync() => await _begun.Reader.ReadAsync(Token).AsTask().WaitAsync(s_patience, Token);

    private async Task WriteAsync(int commits, Func<ResultWriter, Task> thenAsync)
    {
        await using var store = new MemoryStore
        {
            OnCommit = rows =>
            {
                _begun.Writer.TryWrite(rows.Count);
                return _storeGoesOn.Task;
            },
        };
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        using var writer = ResultWriters.Create(store, pipelines, metrics, options: new DeliveryOptions { Commits = commits });
        await writer.StartAsync(Token);
        await thenAsync(writer);
        await writer.StopAsync(Token);
    }
}
