using Millrace.Worker.Inference.Models;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class BatchSizeChoiceTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Rows_that_cost_next_to_nothing_beside_their_run_go_into_large_batches() =>
        Assert.Equal(1024, Choose(rows => 10 + (0.1 * rows)));

    [Fact]
    public void The_smallest_size_is_chosen_beyond_which_a_row_gets_no_cheaper() =>
        Assert.Equal(16, Choose(rows => 20 * rows));

    [Fact]
    public void A_slow_model_that_gains_nothing_runs_its_rows_one_by_one()
    {
        Assert.Equal(1, Choose(rows => 44_000 * rows));
        Assert.Equal(1, Choose(rows => 500_000 * rows));
    }

    [Fact]
    public void A_run_is_no_longer_than_may_be_waited_for_however_much_cheaper_its_rows_were() =>
        Assert.Equal(64, Choose(rows => 10_000 + (200 * rows)));

    [Fact]
    public void A_size_that_was_slow_by_chance_hides_no_larger_one()
    {
        (int, TimeSpan)[] runs = [(1, Micros(20)), (4, Micros(500)), (16, Micros(24)), (64, Micros(36)), (256, Micros(2_000)), (1024, Micros(200))];

        Assert.Equal(1024, BatchSizeChoice.Choose(runs, s_longest));
    }

    [Fact]
    public void Where_nothing_was_measured_there_is_a_default() => Assert.Equal(BatchSizeChoice.Unmeasured, BatchSizeChoice.Choose([], s_longest));

    private static int Choose(Func<int, double> microseconds) =>
        BatchSizeChoice.Choose([.. BatchSizeChoice.Sizes.Select(rows => (rows, Micros(microseconds(rows))))], s_longest);

    private static TimeSpan Micros(double number) => TimeSpan.FromMicroseconds(number);
}
