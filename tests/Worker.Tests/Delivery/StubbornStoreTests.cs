using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

/// <summary>A store that fails: which job's row says so, and which jobs wait.</summary>
public sealed class StubbornStoreTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly JobOutcome s_success = new() { Status = JobStatus.Succeeded, Outputs = [Tensor.Create<float>("y", [1, 1], [1f])] };

    private readonly WorkerMetrics _metrics = new(TimeProvider.System);
    private readonly ConcurrentQueue<int> _commits = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Every_row_of_both_halves_is_committed_where_one_cannot_be_stored()
    {
        var jobs = Decide(Jobs(7));
        var bad = jobs[5].JobId;
        await using var store = Store(StoreFaultKind.Data, rows => rows.Any(row => row.JobId == bad && row.Status == JobStatus.Succeeded));

        var writer = await WriteAsync(store, jobs, TimeProvider.System);
        await SettledAsync(jobs);
        await StopAsync(writer);

        Assert.Equal(jobs.Select(job => job.JobId).Order(), store.Rows.Keys.Order());
        Assert.Equal(ErrorCode.OutputInvalid, store.Rows[bad].Code);
        Assert.All(jobs.Where(job => job.JobId != bad), job => Assert.Equal(JobStatus.Succeeded, store.Rows[job.JobId].Status));
        Assert.False(writer.HasAbandoned);
    }

    [Theory]
    [InlineData(StoreFaultKind.Passing)]
    [InlineData(StoreFaultKind.NoRoom)]
    [InlineData(StoreFaultKind.Setup)]
    [InlineData(StoreFaultKind.Unexplained)]
    public async Task A_fault_that_is_not_about_data_is_waited_out_and_decides_no_job(StoreFaultKind kind)
    {
        var jobs = Decide(Jobs(1));
        var isAway = true;
        await using var store = Store(kind, _ => isAway);
        using var time = new ImpatientTime();

        var writer = await WriteAsync(store, jobs, time);
        await UntilAsync(() => _commits.Count >= 300);
        Assert.False(jobs[0].Settled().IsCompleted);
        isAway = false;
        await SettledAsync(jobs);
        await StopAsync(writer);

        Assert.Equal(JobStatus.Succeeded, store.Rows[jobs[0].JobId].Status);
    }

    [Fact]
    public async Task A_row_that_the_store_refuses_without_a_reason_does_not_hold_its_neighbours()
    {
        var jobs = Decide(Jobs(64));
        var stubborn = jobs[40].JobId;
        var isRefused = true;
        await using var store = Store(StoreFaultKind.Unexplained, rows => isRefused && rows.Any(row => row.JobId == stubborn));
        using var time = new ImpatientTime();

        var writer = await WriteAsync(store, jobs, time);
        await SettledAsync(jobs.FindAll(job => job.JobId != stubborn));
        Assert.False(jobs[40].Settled().IsCompleted);
        isRefused = false;
        await SettledAsync(jobs);
        await StopAsync(writer);

        Assert.Equal(64, store.Rows.Count);
        Assert.All(store.Rows.Values, row => Assert.Equal(JobStatus.Succeeded, row.Status));
    }

    [Fact]
    public async Task A_row_without_outputs_waits_where_its_data_is_refused_and_goes_back_at_the_stop()
    {
        var jobs = Decide(Jobs(3), JobOutcome.Rejected(ErrorCode.InvalidRequest, "no"));
        var bad = jobs[0].JobId;
        await using var store = Store(StoreFaultKind.Data, rows => rows.Any(row => row.JobId == bad));

        var writer = await WriteAsync(store, jobs, TimeProvider.System);
        await SettledAsync(jobs.FindAll(job => job.JobId != bad));
        Assert.False(jobs[0].Settled().IsCompleted);
        await StopAsync(writer);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => jobs[0].Settled());
        Assert.True(writer.HasAbandoned);
    }

    [Fact]
    public async Task Where_everything_is_refused_the_search_has_an_end_and_no_job_is_forgotten()
    {
        var jobs = Decide(Jobs(500));
        await using var store = Store(StoreFaultKind.Unexplained, _ => true);
        using var time = new ImpatientTime(TimeSpan.FromSeconds(5));

        var writer = await WriteAsync(store, jobs, time);
        await time.Waiting.WaitAsync(s_patience, Token);

        // All together, first and again, and the parts of one search.
        Assert.InRange(_commits.Count, 64, StoreRetries.UnexplainedAttempts + 1 + 64);
        Assert.All(jobs, job => Assert.False(job.Settled().IsCompleted));
        await StopAsync(writer);
        Assert.All(jobs, job => Assert.True(job.Settled().IsFaulted || job.Settled().IsCanceled));
    }

    [Fact]
    public async Task A_reply_that_cannot_be_made_is_no_fault_of_the_stores()
    {
        // A reply of a MassTransit user without the envelope that it needs.
        var jobs = new List<PendingJob> { PendingJobs.ToBatch(TimeProvider.System, reply: new ReplyRoute("r", null, Contracts.Wire.WireFormat.MassTransit)), PendingJobs.ToBatch(TimeProvider.System) };
        Decide(jobs);
        await using var store = Store(StoreFaultKind.Unexplained, _ => false);

        var writer = await WriteAsync(store, jobs, TimeProvider.System);
        await jobs[1].Settled().WaitAsync(s_patience, Token);
        await jobs[0].Settled().WaitAsync(s_patience, Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(jobs[0].Settled().IsFaulted);
        await StopAsync(writer);

        Assert.Single(_commits);
        Assert.All(jobs, job => Assert.Equal(JobStatus.Succeeded, store.Rows[job.JobId].Status));
    }

    [Fact]
    public async Task A_loop_that_ends_by_an_exception_ends_the_writer_with_its_reason_and_gives_back_what_it_held()
    {
        var jobs = Decide(Jobs(2));
        await using var store = Store(StoreFaultKind.Passing, _ => false);

        var writer = await WriteAsync(store, jobs, new BrokenTime());
        var fault = await Assert.ThrowsAsync<NotSupportedException>(() => writer.ExecuteTask!.WaitAsync(s_patience, Token));
        var late = Decide(Jobs(1));
        writer.Enqueue(late[0]);

        Assert.Equal("the clock is broken", fault.Message);
        foreach (var job in jobs.Concat(late))
        {
            Assert.Same(fault, await Assert.ThrowsAsync<NotSupportedException>(() => job.Settled().WaitAsync(s_patience, Token)));
        }

        Assert.True(writer.HasAbandoned);
        await StopAsync(writer);
    }

    [Fact]
    public async Task What_has_no_row_when_the_time_to_stop_is_over_goes_back()
    {
        var jobs = Decide(Jobs(3));
        await using var store = Store(StoreFaultKind.Passing, _ => true);

        var writer = await WriteAsync(store, jobs, TimeProvider.System);
        await UntilAsync(() => !_commits.IsEmpty);
        Assert.False(writer.HasAbandoned);
        await writer.StopAsync(new CancellationToken(canceled: true));

        Assert.True(writer.HasAbandoned);
        Assert.All(jobs, job => Assert.True(job.Settled().IsFaulted || job.Settled().IsCanceled));
        writer.Dispose();
    }

    [Fact]
    public async Task A_writer_that_is_stopped_before_it_has_begun_gives_back_what_waits()
    {
        var jobs = Decide(Jobs(2));
        await using var store = Store(StoreFaultKind.Passing, _ => false);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        var writer = ResultWriters.Create(store, pipelines, _metrics);
        jobs.ForEach(writer.Enqueue);

        await StopAsync(writer);

        Assert.Empty(_commits);
        Assert.All(jobs, job => Assert.True(job.Settled().IsFaulted || job.Settled().IsCanceled));
    }

    [Theory]
    [InlineData(StoreFaultKind.NoRoom)]
    [InlineData(StoreFaultKind.Setup)]
    [InlineData(StoreFaultKind.Unexplained)]
    public async Task For_a_command_what_a_person_must_mend_ends_the_writer_with_what_the_store_says(StoreFaultKind kind)
    {
        var jobs = Decide(Jobs(3));
        await using var store = Store(kind, _ => true);

        var writer = await WriteAsync(store, jobs, TimeProvider.System, servesCommand: true);
        var fault = await Assert.ThrowsAsync<StoreFailedException>(() => writer.ExecuteTask!.WaitAsync(s_patience, Token));

        Assert.Equal((kind, "made up"), (fault.Kind, fault.Message));
        Assert.All(jobs, job => Assert.True(job.Settled().IsFaulted));
        await StopAsync(writer);
    }

    private static List<PendingJob> Jobs(int count) => [.. Enumerable.Range(0, count).Select(_ => PendingJobs.ToBatch(TimeProvider.System))];

    private static List<PendingJob> Decide(List<PendingJob> jobs, JobOutcome? outcome = null)
    {
        jobs.ForEach(job => Assert.True(job.TryDecide(outcome ?? s_success)));
        return jobs;
    }

    private static Task SettledAsync(List<PendingJob> jobs) => Task.WhenAll(jobs.Select(job => job.Settled())).WaitAsync(s_patience, Token);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(s_patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task StopAsync(ResultWriter writer)
    {
        await writer.StopAsync(Token).WaitAsync(s_patience, Token);
        writer.Dispose();
    }

    private MemoryStore Store(StoreFaultKind kind, Func<IReadOnlyList<ResultRow>, bool> fails) => new()
    {
        Kind = _ => kind,
        OnCommit = rows =>
        {
            _commits.Enqueue(rows.Count);
            return fails(rows) ? Task.FromException(new InvalidDataException("made up")) : Task.CompletedTask;
        },
    };

    /// <summary>Starts a writer that finds these jobs all at once.</summary>
    private async Task<ResultWriter> WriteAsync(MemoryStore store, List<PendingJob> jobs, TimeProvider time, bool servesCommand = false)
    {
        var pipelines = new RetryPipelines(store, time is BrokenTime ? TimeProvider.System : time, NullLogger<RetryPipelines>.Instance, servesCommand: servesCommand);
        var writer = ResultWriters.Create(store, pipelines, _metrics, options: new DeliveryOptions { Commits = 1 }, time: time);
        jobs.ForEach(writer.Enqueue);
        await writer.StartAsync(Token);
        return writer;
    }

    /// <summary>A clock on which every wait is over at once, but for those from so long on, which never end.</summary>
    private sealed class ImpatientTime(TimeSpan? endless = null) : TimeProvider, IDisposable
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _now;

        /// <summary>Ends once somebody waits for ever.</summary>
        public Task Waiting => _waiting.Task;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == endless)
            {
                _waiting.TrySetResult();
                return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
            }

            Interlocked.Add(ref _now, dueTime > TimeSpan.Zero ? dueTime.Ticks : 0);
            return System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
        }

        public void Dispose() => _waiting.TrySetCanceled();
    }

    private sealed class BrokenTime : TimeProvider
    {
        public override long GetTimestamp() => throw new NotSupportedException("the clock is broken");
    }
}
