using Millrace.Bench.Load;

namespace Millrace.Bench.Tests;

public sealed class OpenLoopScheduleTests
{
    private readonly OpenLoopSchedule _schedule = new(200, TimeSpan.FromSeconds(2));

    [Fact]
    public void Holds_the_rate_over_its_length()
    {
        Assert.Equal(400, _schedule.Jobs);
        Assert.Equal(TimeSpan.Zero, _schedule.DueAt(0));
        Assert.Equal(TimeSpan.FromSeconds(1), _schedule.DueAt(200));
    }

    [Fact]
    public void A_job_is_due_at_its_own_time_and_not_before()
    {
        for (var job = 0; job < _schedule.Jobs; job++)
        {
            Assert.Equal(job + 1, _schedule.DueBy(_schedule.DueAt(job) + TimeSpan.FromMicroseconds(1)));
            Assert.Equal(job, _schedule.DueBy(_schedule.DueAt(job) - TimeSpan.FromMicroseconds(1)));
        }
    }

    [Fact]
    public void After_a_stall_all_that_fell_into_it_is_due_at_once_and_no_more_than_there_is()
    {
        Assert.Equal(201, _schedule.DueBy(TimeSpan.FromSeconds(1)));
        Assert.Equal(400, _schedule.DueBy(TimeSpan.FromHours(1)));
    }
}
