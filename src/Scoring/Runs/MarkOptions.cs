using System.Buffers;
using Millrace.Contracts;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Runs;

/// <summary>Which options read a cell that is no number by the marks that are taken.</summary>
internal static class MarkOptions
{
    /// <summary>The options, of those that a cell's marks suggest: none that is said already, and none that was not tried on the cell.</summary>
    /// <param name="marks">What the cell shows.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="datatype">What it is to be read as.</param>
    /// <param name="said">What a person said already.</param>
    /// <returns>The options, with <c>or</c> between two that read it in two ways; empty where none does.</returns>
    public static string For(NumberMarks marks, ReadOnlySpan<byte> cell, TensorDatatype datatype, CsvDialect said)
    {
        var found = new List<string>();
        foreach (var (point, thousands, meaning) in Suggested(marks))
        {
            var whole = said.Decimal ?? point ?? (thousands == '.' ? ',' : '.');
            var contradicts = (point is not null && point != whole) || (thousands is not null && (thousands == whole || (said.Thousands ?? thousands) != thousands));
            var options = (said.Decimal is null && point is { } mark ? $"--decimal {mark} " : "")
                + (said.Thousands is null && thousands is { } groups ? $"--thousands {NumberText.InShell(groups)}" : "");
            if (!contradicts && options.Length > 0
                && CellParsers.For(datatype, new NumberText(whole, thousands ?? said.Thousands))(cell, new ArrayBufferWriter<byte>()))
            {
                found.Add(options.TrimEnd() + meaning);
            }
        }

        return string.Join(" or ", found);
    }

    /// <summary>Decimal mark and thousands mark, null for what a number does not show, and what it then is where there are two.</summary>
    private static (char? Decimal, char? Thousands, string Meaning)[] Suggested(NumberMarks marks) => marks switch
    {
        NumberMarks.ThousandsPoint or NumberMarks.DecimalCommaThousandsPoint => [(',', '.', "")],
        NumberMarks.DecimalComma => [(',', null, "")],
        NumberMarks.DecimalCommaThousandsSpace => [(',', ' ', "")],
        NumberMarks.DecimalCommaThousandsApostrophe => [(',', '\'', "")],
        NumberMarks.Comma => [(',', null, " (a fraction)"), (null, ',', " (thousands)")],
        NumberMarks.ThousandsComma => [(null, ',', "")],
        NumberMarks.ThousandsSpace => [(null, ' ', "")],
        NumberMarks.ThousandsApostrophe => [(null, '\'', "")],
        NumberMarks.Point => [(null, '.', "")],
        _ => [],
    };
}
