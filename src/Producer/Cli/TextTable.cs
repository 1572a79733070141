using System.Text;
using Spectre.Console;

namespace Millrace.Producer.Cli;

/// <summary>
/// A table on standard output, a line for each row. On a terminal the last column is cut to what its width leaves; elsewhere lines are
/// as long as their text.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    private const int Unlimited = 4096;
    private const int Padding = 2;
    private const int LeastOfLast = 16;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add(Array.ConvertAll(cells, Printable));

    /// <summary>Prints it; where it has no rows, says so on standard error.</summary>
    public async Task PrintAsync(CliContext context, string none)
    {
        if (_rows.Count == 0)
        {
            await context.Error.WriteLineAsync(none);
            return;
        }

        await using var writer = new StreamWriter(context.Out, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = context.IsOutTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = context is { IsOutTerminal: true, MayColour: true } ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        var last = context.IsOutTerminal ? Math.Max(LeastOfLast, console.Profile.Width - WidthBeforeLast() - Padding) : Unlimited;
        // Wide enough for the cells as they are now: wrapped by the terminal, a line can still be copied as one.
        console.Profile.Width = Unlimited;
        console.Write(Build(last));
    }

    /// <summary>Texts come from callers and models: what a terminal would take as a command is not passed on.</summary>
    private static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, width - 1).TrimEnd(" …"), "…");

    private int WidthBeforeLast() => Enumerable.Range(0, headers.Length - 1)
        .Sum(column => Padding + Math.Max(headers[column].Length, _rows.Max(row => row[column].Length)));

    private Table Build(int widthOfLast)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, Padding, 0) });
        }

        foreach (var row in _rows)
        {
            row[^1] = Cut(row[^1], widthOfLast);
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }
}
