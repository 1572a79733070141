using Millrace.Bench.Measures;

namespace Millrace.Bench.Reporting;

/// <summary>Figures side by side: a line for each quantity, a column for each contender.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Columns">The contenders.</param>
/// <param name="Lines">What each line is of, and its cells: median, and lowest to highest where there are rounds.</param>
internal sealed record FigureTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<(string Name, IReadOnlyList<string> Cells)> Lines)
{
    private static readonly (string Title, string[] Quantities)[] s_tables =
    [
        ("Rates", [Quantity.Jobs, Quantity.Rows]),
        ("Latencies", [Quantity.P50, Quantity.P99, Quantity.P999]),
        ("CPU time of a job, by process", [.. Quantity.Cpu]),
        ("Memory", [Quantity.Allocated, Quantity.ResidentAtEnd, Quantity.Resident]),
    ];

    /// <summary>The tables of a run; those that nothing was measured for are left out.</summary>
    public static IReadOnlyList<FigureTable> Of(Figures figures) =>
        [.. s_tables.Select(table => Of(table.Title, figures, key => table.Quantities.Contains(key.Quantity))).Where(table => table.Lines.Count > 0)];

    private static FigureTable Of(string title, Figures figures, Func<FigureKey, bool> isIn)
    {
        var keys = figures.Keys.Where(isIn).ToList();
        var contenders = keys.Select(key => key.Contender).Distinct(StringComparer.Ordinal).ToList();
        var lines = keys.Select(key => (key.Workload, key.Measure, key.Quantity)).Distinct().Select(line => (
            $"{line.Workload}, {line.Measure}: {line.Quantity}",
            (IReadOnlyList<string>)[.. contenders.Select(contender =>
                Cell(figures.Rounds(new FigureKey(line.Workload, line.Measure, line.Quantity, contender))))]));
        return new FigureTable(title, contenders, [.. lines]);
    }

    private static string Cell(IReadOnlyDictionary<int, double> rounds)
    {
        if (rounds.Count == 0)
        {
            return "";
        }

        var spread = new Spread(rounds.Values);
        return rounds.Count == 1
            ? Number.Text(spread.Median)
            : $"{Number.Text(spread.Median)} ({Number.Text(spread.Lowest)} to {Number.Text(spread.Highest)})";
    }
}
