using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;
using Millrace.Bench.Workloads;

namespace Millrace.Bench.Reporting;

/// <summary>What Millrace is to reach in one run.</summary>
internal static class GoalList
{
    public static IReadOnlyList<Goal> All { get; } =
    [
        Ratio(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Floor.Name, 0.90),
        Ratio(WorkloadList.Tiny, DrainMeasure.MeasureName, Quantity.Jobs, ContenderList.Floor.Name, 0.90),
        Ratio(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Peer.Name, 1.3),
        Ratio(WorkloadList.Tiny, DrainMeasure.MeasureName, Quantity.Jobs, ContenderList.Peer.Name, 1.3),
        Ratio(WorkloadList.Rows, EndToEndMeasure.MeasureName, Quantity.Rows, ContenderList.Floor.Name, 0.95),
        Ratio(WorkloadList.Conv, EndToEndMeasure.MeasureName, Quantity.Jobs, BareLoop.One, 0.97),
        Ratio(WorkloadList.Json, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Floor.Name, null),
        Ratio(WorkloadList.Json, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Peer.Name, 1.3),
        new(
            "tiny, one at a time, p50: Millrace − floor",
            "ms",
            figures => Pairing.Differences(
                Of(figures, WorkloadList.Tiny, IdleMeasure.MeasureName, Quantity.P50), Of(figures, WorkloadList.Tiny, IdleMeasure.MeasureName, Quantity.P50, ContenderList.Floor.Name)),
            AtMost: 0.5),
        Value("tiny, p99 at 80 % of its own top rate", "ms", OpenLoopMeasure.NameOf(80), Quantity.P99, 25),
        Value("tiny, managed bytes a job", "B", EndToEndMeasure.MeasureName, Quantity.Allocated, 4_000),
        new("RSS with a full queue ÷ with 1,000 jobs waiting", "", ResidentRatio, AtMost: 1.05),
        Compute(WorkloadList.ConvBatches, "two workers ÷ one", ContenderList.TwoWorkers.Name, ContenderList.Millrace.Name, 1.9),
        Compute(WorkloadList.Conv, "two workers ÷ one", ContenderList.TwoWorkers.Name, ContenderList.Millrace.Name, null),
        // What the machine has to give: two of its processors may be one core's.
        Compute(WorkloadList.Conv, "two bare loops ÷ one", BareLoop.Two, BareLoop.One, null),
        Ratio(WorkloadList.Tiny, EndToEndMeasure.MeasureName, Quantity.Jobs, ContenderList.Unguarded.Name, 0.85),
        Ratio(WorkloadList.Tiny, DrainMeasure.MeasureName, Quantity.Jobs, ContenderList.Unguarded.Name, 0.85),
    ];

    private static Goal Ratio(Workload workload, string measure, string quantity, string to, double? atLeast) => new(
        $"{workload.Name}, {measure}: Millrace ÷ {to}",
        "",
        figures => Pairing.Ratios(Of(figures, workload, measure, quantity), Of(figures, workload, measure, quantity, to)),
        AtLeast: atLeast);

    private static Goal Compute(Workload workload, string title, string ours, string to, double? atLeast) => new(
        $"{workload.Name}: {title}",
        "",
        figures => Pairing.Ratios(
            Of(figures, workload, EndToEndMeasure.MeasureName, Quantity.Jobs, ours),
            Of(figures, workload, EndToEndMeasure.MeasureName, Quantity.Jobs, to)),
        AtLeast: atLeast);

    private static Goal Value(string title, string unit, string measure, string quantity, double atMost) =>
        new(title, unit, figures => Of(figures, WorkloadList.Tiny, measure, quantity), AtMost: atMost);

    private static IReadOnlyDictionary<int, double> Of(Figures figures, Workload workload, string measure, string quantity, string? contender = null) =>
        figures.Rounds(new FigureKey(workload.Name, measure, quantity, contender ?? ContenderList.Millrace.Name));

    // Second by second, of the later half: by then both have grown to what they need.
    private static IReadOnlyDictionary<int, double> ResidentRatio(Figures figures)
    {
        var few = Of(figures, WorkloadList.Tiny, ResidentMeasure.NameOf(ResidentMeasure.FewWaiting), Quantity.Resident);
        var many = figures.Keys
            .Where(key => key.Quantity == Quantity.Resident && key.Measure != ResidentMeasure.NameOf(ResidentMeasure.FewWaiting))
            .Select(figures.Rounds)
            .FirstOrDefault(few);
        return ReferenceEquals(few, many)
            ? new SortedDictionary<int, double>()
            : Pairing.Ratios(many, few.Where(sample => sample.Key > few.Count / 2).ToDictionary());
    }
}
