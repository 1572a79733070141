using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

public sealed class WorkPaceTests
{
    private readonly WorkPace _pace = new();

    [Fact]
    public void Nothing_is_known_before_the_first_job_of_the_lane()
    {
        Assert.Null(_pace.RateOf(Lane.Interactive));
        Add(1, TimeSpan.FromSeconds(1), Job(1));
        Assert.NotNull(_pace.RateOf(Lane.Interactive));
        Assert.Null(_pace.RateOf(Lane.Bulk));
    }

    [Fact]
    public void The_speed_is_that_of_both_lanes_and_the_size_of_a_job_each_ones_own()
    {
        Add(1, TimeSpan.FromMilliseconds(100), Job(2), Job(4), Job(34, Lane.Bulk));

        Assert.Equal(400, _pace.RateOf(Lane.Interactive)!.Value.RowsPerSecond, 0.001);
        Assert.Equal(400, _pace.RateOf(Lane.Bulk)!.Value.RowsPerSecond, 0.001);
        Assert.Equal(3, _pace.RateOf(Lane.Interactive)!.Value.RowsPerJob, 0.001);
        Assert.Equal(34, _pace.RateOf(Lane.Bulk)!.Value.RowsPerJob, 0.001);
        Assert.Equal(2, _pace.RateOf(Lane.Bulk)!.Value.BytesPerJob, 0.001);
    }

    [Fact]
    public void A_part_of_a_job_counts_as_a_part()
    {
        var split = Job(100);
        _pace.Add(new Batch(split.Key, [new BatchSlice(split, 0, 25)]), TimeSpan.FromSeconds(1));

        Assert.Equal(100, _pace.RateOf(Lane.Interactive)!.Value.RowsPerJob, 0.001);
    }

    /// <summary>A first run compiles and warms up; a model may change its speed with its inputs.</summary>
    [Fact]
    public void A_change_of_speed_is_seen_within_some_seconds_of_work_and_not_before()
    {
        Add(1, TimeSpan.FromSeconds(1), Job(1));
        Add(10, TimeSpan.FromMilliseconds(1), Job(64));
        Assert.InRange(_pace.RateOf(Lane.Interactive)!.Value.RowsPerSecond, 400, 1_000);

        Add(5_000, TimeSpan.FromMilliseconds(1), Job(64));
        Assert.InRange(_pace.RateOf(Lane.Interactive)!.Value.RowsPerSecond, 60_000, 64_000);

        Add(3, TimeSpan.FromSeconds(2), Job(1));
        Assert.InRange(_pace.RateOf(Lane.Interactive)!.Value.RowsPerSecond, 0.5, 100);
    }

    [Theory]
    [InlineData(3, 0, 0.01)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 1, 0.67)]
    public void What_a_row_adds_is_told_from_what_a_run_costs_and_stays_known(double runSeconds, double rowSeconds, double share)
    {
        foreach (var rows in new[] { 1, 3, 1, 3, 1, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 })
        {
            Add(1, TimeSpan.FromSeconds(runSeconds + (rowSeconds * rows)), Job(rows));
        }

        var rate = _pace.RateOf(Lane.Interactive)!.Value;
        Assert.Equal(share, rate.AddedRowSeconds * rate.RowsPerSecond, 0.1);
    }

    private void Add(int times, TimeSpan busy, params RunnableJob[] jobs)
    {
        for (var i = 0; i < times; i++)
        {
            _pace.Add(new Batch(jobs[0].Key, [.. jobs.Select(job => new BatchSlice(job, 0, job.RowCount))]), busy);
        }
    }

    private static RunnableJob Job(int rows, Lane lane = Lane.Interactive) => PendingJobs.ToBatch(TimeProvider.System, rows, lane: lane);
}
