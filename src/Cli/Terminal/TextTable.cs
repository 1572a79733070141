using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Millrace.Cli.Terminal;

/// <summary>
/// A table on standard output, a line for each row. On a terminal the last column is cut to what its width leaves; elsewhere lines are
/// as long as their text. It is written in windows of a thousand rows, however many there are: the first decides how wide the columns are, and
/// a later one makes them wider where it must.
/// </summary>
internal sealed class TextTable(CliContext context, params string[] headers) : IDisposable
{
    private const int Window = 1000;
    private const int Unlimited = 4096;
    private const int Padding = 2;
    private const int LeastOfLast = 16;

    private readonly List<string[]> _rows = [];
    private readonly int[] _widths = Array.ConvertAll(headers, header => header.Length);
    private StreamWriter? _writer;
    private IAnsiConsole? _console;
    private int? _widthOfLast;

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells)
    {
        _rows.Add(Array.ConvertAll(cells, Printable));
        if (_rows.Count == Window)
        {
            WriteWindow();
        }
    }

    /// <summary>Prints what is not printed yet; where there are no rows, says so on standard error.</summary>
    public async Task PrintAsync(string none)
    {
        if (_rows.Count > 0)
        {
            WriteWindow();
        }

        if (_writer is null)
        {
            await context.Error.WriteLineAsync(none);
        }
        else
        {
            await _writer.FlushAsync();
        }
    }

    public void Dispose() => _writer?.Dispose();

    /// <summary>Texts come from callers and models: what a terminal would take as a command is not passed on.</summary>
    private static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, width - 1).TrimEnd(" …"), "…");

    private void WriteWindow()
    {
        var isFirst = _console is null;
        _console ??= Open();
        for (var column = 0; column < _widths.Length - 1; column++)
        {
            _widths[column] = _rows.Max(row => Math.Max(_widths[column], WidthOf(row[column])));
        }

        _widthOfLast ??= context.IsOutTerminal
            ? Math.Max(LeastOfLast, _console.Profile.Width - _widths[..^1].Sum(width => width + Padding) - Padding)
            : Unlimited;
        // Wide enough for the cells as they are now: wrapped by the terminal, a line can still be copied as one.
        _console.Profile.Width = Unlimited;
        _console.Write(Build(isFirst));
        _rows.Clear();
        _writer!.Flush();
    }

    private IAnsiConsole Open()
    {
        _writer = new StreamWriter(context.Out, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_writer),
            Ansi = context.IsOutTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = context is { IsOutTerminal: true, MayColour: true } ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
    }

    /// <summary>Cells on a terminal; some characters take two.</summary>
    private int WidthOf(string text) =>
        Ascii.IsValid(text) ? text.Length : ((IRenderable)new Text(text)).Measure(RenderOptions.Create(_console!), Unlimited).Max;

    private Table Build(bool isFirst)
    {
        var table = new Table { ShowHeaders = isFirst }.Border(TableBorder.None);
        for (var i = 0; i < headers.Length; i++)
        {
            table.AddColumn(new TableColumn(new Text(headers[i], new Style(decoration: Decoration.Bold)))
            {
                NoWrap = true,
                Padding = new Padding(0, 0, Padding, 0),
                Width = i < headers.Length - 1 ? _widths[i] : null,
            });
        }

        foreach (var row in _rows)
        {
            row[^1] = Cut(row[^1], _widthOfLast!.Value);
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }
}
