using System.Text;
using Spectre.Console;

namespace Millrace.Producer.Cli;

/// <summary>A table on standard output: as wide as the terminal, or as its text where nobody watches.</summary>
internal sealed class TextTable
{
    private const int Unwrapped = 4096;

    private readonly Table _table = new Table().Border(TableBorder.Simple);

    public TextTable(params ReadOnlySpan<string> headers)
    {
        foreach (var header in headers)
        {
            _table.AddColumn(new TableColumn(new Text(header)));
        }
    }

    /// <summary>Adds a row.</summary>
    public void Add(params IEnumerable<string> cells) => _table.AddRow(cells.Select(cell => new Text(Printable(cell))));

    /// <summary>Prints it; where it has no rows, says so on standard error.</summary>
    public async Task PrintAsync(CliContext context, string none)
    {
        if (_table.Rows.Count == 0)
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
        if (!context.IsOutTerminal)
        {
            console.Profile.Width = Unwrapped;
        }

        console.Write(_table);
    }

    /// <summary>Texts come from callers and models: what a terminal would take as a command is not passed on.</summary>
    private static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;
}
