using System.Globalization;
using System.Text;
using Millrace.Contracts;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Mapping;

/// <summary>Refuses a first line that looks like a row: taken for names, it would be lost, and the columns found by numbers.</summary>
internal static class HeaderCheck
{
    private const int MostNamesShown = 4;

    /// <summary>Looks at the names.</summary>
    /// <param name="source">The file.</param>
    /// <param name="model">What it is for.</param>
    /// <param name="columns">What <c>--columns</c> says.</param>
    /// <exception cref="UsageException">They look like a row's cells, and neither a person nor the model says that they are names.</exception>
    public static void Refuse(CsvSource source, ModelDescription model, IReadOnlyList<string> columns)
    {
        if (source.HasOneColumn && source.Dialect.Separator is null && RowNumbers.SeparatorBehind(source.FirstRows.Span) is { } separator)
        {
            throw new UsageException(
                $"{source.Name}: the first line has one name, but every row begins with its number and a {CsvLayout.Say(separator)}, as R's write.table writes the names of rows",
                "write it with row.names=FALSE, or give the numbers' column a name; --separator CHARACTER says what separates fields");
        }

        if (source.Dialect.HasHeader is not null)
        {
            return;
        }

        if (LooksLikeRow(source.Header) && !IsKnown(source.Header, model))
        {
            throw new UsageException(
                $"{source.Name}: the first line has no column names but what looks like a row: {Show(source.Header)}",
                "--no-header reads it as a row, and calls the columns 1, 2, 3…, as in --columns INPUT=1..4; --header says that these are names");
        }

        if (columns.Count > 0 && columns.All(option => AreNumbers(option, source.Header.Count)))
        {
            throw new UsageException(
                $"{source.Name}: columns are said by their numbers alone, so that nothing tells whether the first line has names or is a row: {Show(source.Header)}",
                "--header says that it has names; --no-header reads it as a row");
        }
    }

    private static string Show(IReadOnlyList<string> header) =>
        string.Join(", ", header.Take(MostNamesShown).Select(name => $"'{name}'")) + (header.Count > MostNamesShown ? ", …" : "");

    /// <summary>
    /// Whether an option of columns has no name of a column but places: <c>INPUT=:1..:4</c>, or <c>INPUT=1..4</c> as columns are called in a file
    /// without a header. Numbers past the last column are names, such as years.
    /// </summary>
    private static bool AreNumbers(string option, int columns) => option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..]
        .Split(',')
        .SelectMany(part => part.Split(".."))
        .All(part => part.Trim() is [':', >= '0' and <= '9', ..]
            || (int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
                && number >= 1 && number <= columns));

    /// <summary>
    /// Whether all names are numbers or missing; or half of them are and one of these is a fraction or stands there twice. Whole numbers
    /// among other names are years.
    /// </summary>
    private static bool LooksLikeRow(IReadOnlyList<string> header)
    {
        var values = header.Where(IsValue).ToList();
        return values.Count == header.Count
            || (2 * values.Count >= header.Count && values.Any(value => value.Trim().Length > 0)
                && (values.Any(IsFraction) || values.Where(value => value.Trim().Length > 0).GroupBy(value => value, StringComparer.Ordinal).Any(same => same.Count() > 1)));
    }

    private static bool IsValue(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return MissingCells.Has(bytes) || NumberShape.Of(bytes) != NumberMarks.None
            || double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }

    private static bool IsFraction(string name) => !name.Trim().All(char.IsAsciiDigit) && name.Any(char.IsAsciiDigit);

    /// <summary>Whether the model names all its columns, and the file has them.</summary>
    private static bool IsKnown(IReadOnlyList<string> header, ModelDescription model)
    {
        var names = new ColumnNames(header);
        return model.Inputs.All(input => model.Columns.TryGetValue(input.Name, out var columns)
            && columns.All(column => column.Split("..").All(names.Has)));
    }
}
