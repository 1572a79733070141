using System.Text;

namespace Millrace.Scoring.Cells;

/// <summary>How a file is written, as far as a person says so. What is null is found out, and refused where it would be a guess.</summary>
internal sealed record CsvDialect
{
    /// <summary>What stands between the fields, one ASCII character.</summary>
    /// <value>Default: null, which means what the header shows: a comma, semicolon, tab or bar; none of them: a file of one column.</value>
    public byte? Separator { get; init; }

    /// <summary>Whether the first line has the columns' names. Without names, columns are called 1, 2, 3…</summary>
    /// <value>Default: null, which means that it has, and that a line which looks like a row is refused.</value>
    public bool? HasHeader { get; init; }

    /// <summary>Whether quotes hold fields together, as RFC 4180 has it; otherwise they are text like any other.</summary>
    /// <value>Default: true.</value>
    public bool HasQuotes { get; init; } = true;

    /// <summary>The decimal mark of numbers: a point or a comma.</summary>
    /// <value>Default: null, which means a point, and that a file which shows another is refused.</value>
    public char? Decimal { get; init; }

    /// <summary>What groups the digits of large numbers: a point, comma, apostrophe, underscore or (of any kind) space.</summary>
    /// <value>Default: null, which means nothing does.</value>
    public char? Thousands { get; init; }

    /// <summary>What becomes of cells without a number.</summary>
    /// <value>Default: an error of their row.</value>
    public MissingCells Missing { get; init; } = MissingCells.AreErrors;

    /// <summary>The file's encoding.</summary>
    /// <value>Default: null, which means UTF-8, or what a byte order mark says.</value>
    public Encoding? Encoding { get; init; }
}
