using Millrace.Contracts;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Jobs;

public sealed class PendingJobTests
{
    private readonly CountingSettlement _settlement = new();

    [Fact]
    public void The_body_of_a_job_that_succeeds_is_released_with_its_end()
    {
        var job = Job(attempt: 1);
        job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded });
        Assert.Equal(0, _settlement.Released);

        job.Complete();

        Assert.Equal((1, 1), (_settlement.Released, _settlement.Completed));
    }

    public static TheoryData<string> WhoseBodyMayBeRead => ["cancelled", "failed", "not decided", "a second attempt on its delivery"];

    [Theory]
    [MemberData(nameof(WhoseBodyMayBeRead))]
    public void A_body_that_may_still_be_read_is_not_released(string which)
    {
        var job = Job(attempt: which == "a second attempt on its delivery" ? 2 : 1);
        _ = which switch
        {
            "cancelled" => job.TryDecide(JobOutcome.Cancelled),
            "failed" => job.TryDecide(JobOutcome.Failed(ErrorCode.OutputInvalid, "no")),
            "not decided" => false,
            _ => job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded }),
        };

        job.Complete();

        Assert.Equal((0, 1), (_settlement.Released, _settlement.Completed));
    }

    private RunnableJob Job(int attempt) =>
        PendingJobs.ToBatch(TimeProvider.System, delivery: PendingJobs.Delivery() with { Settlement = _settlement }, attempt: attempt);

    private sealed class CountingSettlement : ISettlement
    {
        public int Completed { get; private set; }

        public int Released { get; private set; }

        public void Complete() => Completed++;

        public void Abandon(Exception cause) => throw new InvalidOperationException("It is completed.", cause);

        public void ReleaseBody() => Released++;
    }
}
