using Millrace.Bench.Measures;

namespace Millrace.Bench.Reporting;

/// <summary>The charts of a run.</summary>
internal static class Charts
{
    private static readonly string[] s_parts = ["load client", "broker", "contender", "Postgres"];

    /// <summary>Rates by workload and contender.</summary>
    public static BarChart Rates(Figures figures)
    {
        var keys = figures.Keys.Where(key => key.Quantity == Quantity.Jobs).ToList();
        var contenders = keys.Select(key => key.Contender).Distinct(StringComparer.Ordinal).ToList();
        return new BarChart("Jobs per second, medians", contenders, Group(keys, key => new Bar(
            key.Contender, [(figures.Median(key), contenders.IndexOf(key.Contender))])));
    }

    /// <summary>How a job's CPU time divides, end to end.</summary>
    public static BarChart Cpu(Figures figures)
    {
        var keys = figures.Keys.Where(key => key.Measure == EndToEndMeasure.MeasureName && key.Quantity == Quantity.ContenderCpu).ToList();
        return new BarChart("CPU time of a job end to end, µs, medians", s_parts, Group(keys, key => new Bar(
            key.Contender, [.. Quantity.Cpu.Select((part, i) => (figures.Median(key with { Quantity = part }), i))])));
    }

    private static List<Bar> Group(List<FigureKey> keys, Func<FigureKey, Bar> bar)
    {
        var bars = new List<Bar>();
        foreach (var group in keys.GroupBy(key => $"{key.Workload}, {key.Measure}", StringComparer.Ordinal))
        {
            bars.Add(new Bar(group.Key, []));
            bars.AddRange(group.Select(bar));
        }

        return bars;
    }
}
