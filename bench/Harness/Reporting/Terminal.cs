using Spectre.Console;

namespace Millrace.Bench.Reporting;

/// <summary>A run as a person at a terminal reads it, or a log keeps it.</summary>
internal static class Terminal
{
    private const int PlainWidth = 160;

    public static void Show(Figures figures)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = PlainWidth;
        }

        foreach (var figureTable in FigureTable.Of(figures))
        {
            var table = new Table { Border = TableBorder.Rounded }.Title($"[bold]{figureTable.Title}[/]").AddColumn("");
            foreach (var column in figureTable.Columns)
            {
                table.AddColumn(new TableColumn(Markup.Escape(column)).RightAligned());
            }

            foreach (var (name, cells) in figureTable.Lines)
            {
                table.AddRow([Markup.Escape(name), .. cells.Select(Markup.Escape)]);
            }

            console.Write(table);
        }

        ShowVerdicts(console, Verdict.Of(figures));
    }

    private static void ShowVerdicts(IAnsiConsole console, IReadOnlyList<Verdict> verdicts)
    {
        if (verdicts.Count == 0)
        {
            return;
        }

        var table = new Table { Border = TableBorder.Rounded }.Title("[bold]What is to be reached[/]").AddColumns("", "goal", "found", "rounds", "");
        foreach (var verdict in verdicts)
        {
            table.AddRow(
                Markup.Escape(verdict.Goal.Title),
                verdict.Limit,
                $"[bold]{verdict.Text(verdict.Spread.Median)}[/]",
                $"{Number.Text(verdict.Spread.Lowest)} to {Number.Text(verdict.Spread.Highest)}",
                verdict.IsReached switch { true => "[green]reached[/]", false => "[red]not reached[/]", null => "" });
        }

        console.Write(table);
    }
}
