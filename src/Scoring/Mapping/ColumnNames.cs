using System.Globalization;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// The columns of a file, found by exactly their names. Of the two ways in which Unicode writes an accented letter neither counts: macOS writes
/// the other one than people type, and both look the same.
/// </summary>
internal sealed class ColumnNames
{
    private readonly IReadOnlyList<string> _header;
    private readonly Dictionary<string, List<int>> _indexes = new(StringComparer.Ordinal);

    public ColumnNames(IReadOnlyList<string> header)
    {
        _header = header;
        for (var i = 0; i < header.Count; i++)
        {
            if (!_indexes.TryAdd(AccentedLetters.Composed(header[i]), [i]))
            {
                _indexes[AccentedLetters.Composed(header[i])].Add(i);
            }
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _header.Count;

    /// <summary>A column's name.</summary>
    public string this[int index] => _header[index];

    /// <summary>Whether a column, or several, is called so.</summary>
    public bool Has(string name) => _indexes.ContainsKey(AccentedLetters.Composed(name));

    /// <summary>Whether exactly one column is called so.</summary>
    public bool HasOne(string name) => _indexes.TryGetValue(AccentedLetters.Composed(name), out var indexes) && indexes.Count == 1;

    /// <summary>The first column that is called so.</summary>
    public int FirstOf(string name) => _indexes[AccentedLetters.Composed(name)][0];

    /// <summary>The one column of a name.</summary>
    /// <param name="name">Its name, as it stands in the header.</param>
    /// <param name="use">What needs it, for people: <c>input 'x'</c>.</param>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public int Find(string name, string use)
    {
        if (!_indexes.TryGetValue(AccentedLetters.Composed(name), out var indexes))
        {
            throw new UsageException($"no column '{name}' in the file, for {use}", Near(name));
        }

        return indexes is [var only]
            ? only
            : throw new UsageException(
                $"column '{name}' is in the file {Times(indexes.Count)} ({Positions(indexes)}), and {use} needs it",
                $"rename the others in the file, or say which by its number, such as {ColumnList.NumberMark}{indexes[0] + 1}, in place of the name");
    }

    /// <summary>Why a name does not stand for one column, in words; null where it does, or where no column is called so.</summary>
    public string? Doubt(string name) => _indexes.TryGetValue(AccentedLetters.Composed(name), out var indexes) && indexes.Count > 1
        ? $"'{name}' is in the file {Times(indexes.Count)} ({Positions(indexes)})"
        : null;

    /// <summary>What a name that no column has may have meant.</summary>
    public string Near(string name)
    {
        var alike = _header.Distinct(StringComparer.Ordinal).Where(candidate => AreAlike(candidate, name)).Take(2).ToList();
        return alike is [var only]
            ? $"{NearNames.DidYouMean($"'{only}'")}{Difference(only)}"
            : NearNames.Suggest(name, _header.Distinct(StringComparer.Ordinal).ToList());
    }

    /// <summary>The only column whose name differs in no more than letter case, blanks around it and what cannot be seen; null for none.</summary>
    public int? Alike(string name) => Enumerable.Range(0, Count).Where(index => AreAlike(_header[index], name)).Take(2).ToList() is [var only] ? only : null;

    /// <summary><c>columns 2 and 3</c>.</summary>
    public static string Positions(IReadOnlyList<int> indexes)
    {
        var numbers = indexes.Select(index => (index + 1).ToString(CultureInfo.InvariantCulture)).ToList();
        return numbers is [var only] ? $"column {only}" : $"columns {string.Join(", ", numbers.SkipLast(1))} and {numbers[^1]}";
    }

    /// <summary>Whether a character cannot be seen.</summary>
    public static bool IsHidden(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned;

    private static string Times(int count) => count == 2 ? "twice" : $"{count} times";

    private static bool AreAlike(string left, string right) => string.Equals(Visible(left), Visible(right), StringComparison.OrdinalIgnoreCase);

    private static string Difference(string there)
    {
        if (there.Any(IsHidden))
        {
            return $" It holds a character that cannot be seen, U+{(int)there.First(IsHidden):X4}: take that out of the file.";
        }

        return there.Trim() == there ? "" : $" It has blanks around it, which count: in --columns it is written {ColumnList.Write(there)}.";
    }

    private static string Visible(string name) =>
        AccentedLetters.Composed(string.Concat(name.Where(character => !IsHidden(character))).Trim());
}
