using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

public sealed class UndeliverableMarksTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _storeGoesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_is_marked_in_one_statement_after_the_other_and_jobs_are_completed_after_their_mark()
    {
        await using var store = HeldStore();
        using var marks = Create(store);
        await marks.StartAsync(Token);
        var first = PendingJobs.ToBatch(TimeProvider.System);
        marks.Add(first, UndeliverableReason.NoQueue);
        await _begun.Task.WaitAsync(s_patience, Token);
        var others = Enumerable.Range(0, 4_000).Select(_ => PendingJobs.ToBatch(TimeProvider.System)).ToArray();
        Array.ForEach(others, job => marks.Add(job, UndeliverableReason.Refused));
        Assert.False(first.Settled().IsCompleted);

        _storeGoesOn.SetResult();

        await Task.WhenAll(others.Append(first).Select(job => job.Settled())).WaitAsync(s_patience, Token);
        Assert.Equal([1, 1_000, 1_000, 1_000, 1_000], store.Marks.Select(call => call.Count));
        Assert.Equal(
            others.Select(job => new UndeliverableReply(job.JobId, UndeliverableReason.Refused)), store.Marks.Skip(1).SelectMany(call => call));
        await marks.StopAsync(Token);
    }

    [Fact]
    public async Task A_stop_waits_for_the_marks_and_what_comes_later_goes_back()
    {
        await using var store = HeldStore();
        using var marks = Create(store);
        await marks.StartAsync(Token);
        var job = PendingJobs.ToBatch(TimeProvider.System);
        marks.Add(job, UndeliverableReason.NoQueue);
        await _begun.Task.WaitAsync(s_patience, Token);
        var stopping = marks.StopAsync(Token);
        Assert.False(stopping.IsCompleted);

        _storeGoesOn.SetResult();

        await stopping.WaitAsync(s_patience, Token);
        Assert.True(job.Settled().IsCompletedSuccessfully);
        var late = PendingJobs.ToBatch(TimeProvider.System);
        marks.Add(late, UndeliverableReason.NoQueue);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.Settled());
    }

    [Fact]
    public async Task A_loop_that_ends_by_an_exception_says_its_reason_and_every_job_goes_back()
    {
        await using var store = HeldStore(_ => throw new InvalidOperationException("killed"));
        using var marks = Create(store);
        await marks.StartAsync(Token);
        var jobs = Enumerable.Range(0, 2).Select(_ => PendingJobs.ToBatch(TimeProvider.System)).ToArray();
        marks.Add(jobs[0], UndeliverableReason.NoQueue);
        await _begun.Task.WaitAsync(s_patience, Token);
        marks.Add(jobs[1], UndeliverableReason.NoQueue);

        _storeGoesOn.SetException(new IOException("away"));

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => marks.ExecuteTask!.WaitAsync(s_patience, Token));
        Assert.Equal("killed", fault.Message);
        foreach (var job in jobs)
        {
            await job.Settled().WaitAsync(s_patience, Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Assert.True(job.Settled().IsFaulted || job.Settled().IsCanceled);
        }

        Assert.Empty(store.Marks);
        await marks.StopAsync(Token);
    }

    private static UndeliverableMarks Create(MemoryStore store) =>
        new(store, new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance));

    private MemoryStore HeldStore(Func<Exception, StoreFaultKind>? explain = null) => new()
    {
        Kind = explain ?? (_ => StoreFaultKind.Passing),
        OnMark = () =>
        {
            _begun.TrySetResult();
            return _storeGoesOn.Task;
        },
    };
}
