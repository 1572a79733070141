using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

public sealed class BatcherCancelTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Batcher _batcher;
    private readonly List<PendingJob> _expired = [];
    private readonly List<PendingJob> _cancelled = [];

    public BatcherCancelTests() => _batcher = new Batcher(4, TimeSpan.Zero, _time);

    public void Dispose()
    {
        _batcher.Dispose();
        _time.Dispose();
    }

    [Fact]
    public void A_cancelled_job_is_decided_at_once_and_in_no_batch()
    {
        var (first, second, bulk) = (Add(), Add(), Add(lane: Lane.Bulk));

        _batcher.Cancel(new HashSet<Guid> { first.JobId, bulk.JobId, Guid.NewGuid() }, _cancelled);

        Assert.Equal([first, bulk], _cancelled);
        Assert.All(_cancelled, job => Assert.Equal((JobStatus.Cancelled, ErrorCode.Cancelled), (job.Outcome.Status, job.Outcome.Code)));
        Assert.Equal([second], _batcher.Take(_expired)!.Slices.Select(slice => slice.Job));
        Assert.Empty(_expired);
    }

    [Fact]
    public void A_job_that_is_decided_already_stays_so_and_is_not_handed_on_twice()
    {
        var job = Add();
        job.TryDecide(JobOutcome.Rejected(ErrorCode.InvalidValue, "test"));

        _batcher.Cancel(new HashSet<Guid> { job.JobId }, _cancelled);

        Assert.Empty(_cancelled);
        Assert.Equal(JobStatus.Rejected, job.Outcome.Status);
    }

    [Fact]
    public void The_rest_of_a_split_job_does_not_run()
    {
        var job = Add(rows: 10);
        Assert.Equal(4, _batcher.Take(_expired)!.Rows);

        _batcher.Cancel(new HashSet<Guid> { job.JobId }, _cancelled);
        var next = Add();

        Assert.Equal([next], _batcher.Take(_expired)!.Slices.Select(slice => slice.Job));
    }

    private RunnableJob Add(int rows = 1, Lane lane = Lane.Interactive)
    {
        var job = PendingJobs.ToBatch(_time, rows, lane: lane);
        _batcher.Add(job);
        return job;
    }
}
