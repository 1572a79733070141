using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;
using Millrace.Bench.Reporting;
using Millrace.Bench.Workloads;

namespace Millrace.Bench.Tests;

public sealed class GoalTests
{
    private readonly Figures _figures = new();

    [Fact]
    public void A_ratio_is_the_median_of_the_rounds_own_ratios()
    {
        // A machine that is twice as fast from one round to the next changes nothing.
        Add(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Millrace.Name, 95, 180, 380);
        Add(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Floor.Name, 100, 200, 400);
        var verdict = Assert.Single(Verdict.Of(_figures));
        Assert.Equal(0.95, verdict.Spread.Median);
        Assert.True(verdict.IsReached);
        Assert.Equal("≥ 0.9", verdict.Limit);
    }

    [Fact]
    public void More_than_a_most_is_not_reached()
    {
        Add(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Allocated, ContenderList.Millrace.Name, 4_001);
        Assert.False(Assert.Single(Verdict.Of(_figures)).IsReached);
    }

    [Fact]
    public void Memory_is_compared_by_the_later_half_of_its_samples()
    {
        Add(WorkloadList.Tiny, ResidentMeasure.NameOf(ResidentMeasure.FewWaiting), Quantity.Resident, ContenderList.Millrace.Name, 10, 10, 100, 100);
        Add(WorkloadList.Tiny, ResidentMeasure.NameOf(1_000_000), Quantity.Resident, ContenderList.Millrace.Name, 90, 90, 104, 104);
        Assert.Equal(1.04, Assert.Single(Verdict.Of(_figures)).Spread.Median);
    }

    [Fact]
    public void What_was_not_measured_has_no_verdict() => Assert.Empty(Verdict.Of(_figures));

    private void Add(Workload workload, string measure, string quantity, string contender, params double[] rounds)
    {
        for (var i = 0; i < rounds.Length; i++)
        {
            _figures.Add(new FigureKey(workload.Name, measure, quantity, contender), i + 1, rounds[i]);
        }
    }
}
