using Millrace.Worker.Batching;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

public sealed class WorkWindowTests
{
    private const long Much = 1L << 40;

    [Fact]
    public void A_fast_models_window_is_a_second_of_work() =>
        Assert.Equal(20_000, Target(rowsPerSecond: 10_000, sessions: 2));

    [Fact]
    public void It_is_two_batches_a_session_where_that_is_more() => Assert.Equal(256, Target(rowsPerSecond: 100, sessions: 2));

    [Fact]
    public void It_is_two_and_a_half_seconds_where_two_batches_take_longer() =>
        // 44 ms a row in jobs of 8: 2.5 s are 56.8 rows.
        Assert.Equal(8, Target(rowsPerSecond: 1 / 0.044, rowsPerJob: 8));

    [Fact]
    public void It_is_one_job_a_session_where_that_takes_longer_still() => Assert.Equal(3, Target(rowsPerSecond: 1 / 60.0, sessions: 3));

    [Fact]
    public void It_is_bounded_in_bytes_but_for_one_job_a_session()
    {
        Assert.Equal(10, Target(rowsPerSecond: 10_000, bytesPerJob: 100, maxBytes: 1_000));
        Assert.Equal(2, Target(rowsPerSecond: 10_000, sessions: 2, bytesPerJob: 5_000, maxBytes: 1_000));
    }

    [Fact]
    public void It_grows_in_few_steps_shrinks_to_what_is_less_than_half_and_stays_for_less()
    {
        Assert.Equal(16, WorkWindow.Step(4, 512));
        Assert.Equal(512, WorkWindow.Step(256, 512));
        Assert.Equal(100, WorkWindow.Step(100, 120));
        Assert.Equal(100, WorkWindow.Step(100, 51));
        Assert.Equal(50, WorkWindow.Step(100, 50));
        Assert.Equal(2, WorkWindow.Step(1, 2));
        Assert.Equal(1, WorkWindow.Step(1, 1));
    }

    [Fact]
    public void Of_a_slow_model_whose_runs_cost_the_same_for_many_rows_it_is_two_batches_all_the_same() =>
        Assert.Equal(128, Target(rowsPerSecond: 10 / 3.0, rowShare: 0.01));

    private static int Target(double rowsPerSecond, int sessions = 1, double rowsPerJob = 1, double bytesPerJob = 1, long maxBytes = Much, double rowShare = 1) =>
        WorkWindow.Target(new WorkRate(rowsPerSecond, rowShare / rowsPerSecond, rowsPerJob, bytesPerJob), sessions, maxBatchSize: 64, maxBytes);
}
