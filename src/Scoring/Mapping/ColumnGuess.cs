using System.Text.Json;
using Millrace.Contracts;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// What a person most likely means, where nothing says which columns an input is made of. It is never taken, only suggested, as the
/// option that says it and as the lines for <c>model.json</c>.
/// </summary>
internal sealed class ColumnGuess
{
    // Past this a suggestion is no longer read; the option then says it all.
    private const int MostDeclared = 64;

    private static readonly string[] s_rowNames = ["", "id", "_id", "row", "row_id", "rowid", "rownames", "index", "key", "uuid", "guid", "unnamed: 0", "...1"];

    private readonly ModelDescription _model;
    private readonly ColumnNames _names;
    private readonly List<TensorDescription> _inputs;
    private readonly bool _isBatched;
    private readonly List<int> _free;

    /// <param name="model">The model.</param>
    /// <param name="names">The file's columns.</param>
    /// <param name="found">Its inputs with their columns, null for those that are not known.</param>
    /// <param name="isBatched">Whether the inputs' first dimension is the rows'.</param>
    /// <param name="labelColumn">The column that holds the right answers; null for none.</param>
    public ColumnGuess(
        ModelDescription model,
        ColumnNames names,
        IReadOnlyList<(TensorDescription Input, IReadOnlyList<int>? Columns)> found,
        bool isBatched,
        string? labelColumn)
    {
        _model = model;
        _names = names;
        _isBatched = isBatched;
        _inputs = found.Where(pair => pair.Columns is null).Select(pair => pair.Input).ToList();
        var taken = found.SelectMany(pair => pair.Columns ?? []).ToHashSet();
        var label = labelColumn is null ? null : AccentedLetters.Composed(labelColumn);
        _free = Enumerable.Range(0, names.Count).Where(index => !taken.Contains(index) && AccentedLetters.Composed(names[index]) != label).ToList();
    }

    /// <summary>Says what is missing, and what to write.</summary>
    public UsageException Refusal()
    {
        const string Silence = "either --columns nor its model.json says";
        var what = $"{(_inputs.Count == 1 ? "input" : "inputs")} {NearNames.List(_inputs.Select(input => input.Name).ToList())} of model '{_model.Name}'";
        return _inputs is [var only] && ElementsOf(only) is { } elements
            ? elements == 1
                ? new UsageException($"which column is {what}? None is called so, and n{Silence}", Hint())
                : new UsageException($"which columns are {what}, which takes {elements} a row? N{Silence}, and their order in the file is no answer", Hint())
            : new UsageException($"which columns are {what}? N{Silence}, and their order in the file is no answer", Hint());
    }

    private string Hint()
    {
        var guess = Guess();
        var options = _inputs.Select(input => "--columns " + (guess?[input.Name] is { } columns
            ? ColumnText.InShell($"{input.Name}={ColumnText.ToOption(columns, _names)}")
            : $"{ColumnText.InShell(input.Name)}={(ElementsOf(input) == 1 ? "COLUMN" : "COLUMN,FIRST..LAST")}"));
        var text = $"{(guess is null ? "say which" : "if it is these")}: {string.Join(' ', options)}";
        return guess is null
            ? $"{text}; the file has {NearNames.List(Enumerable.Range(0, _names.Count).Select(index => _names[index]).ToList())}"
            : guess.Values.All(columns => columns.Count <= MostDeclared && columns.All(index => _names.HasOne(_names[index])))
                ? $"{text}; once for all files, in model.json: {Declaration(guess)}"
                : text;
    }

    private string Declaration(Dictionary<string, IReadOnlyList<int>> guess) =>
        $"\"columns\": {{{string.Join(", ", guess.Select(pair => $"{Json(pair.Key)}: [{string.Join(", ", Declared(pair.Value))}]"))}}}";

    /// <summary>The names, as a range where they count: it is the same in a file of another order.</summary>
    private IEnumerable<string> Declared(IReadOnlyList<int> columns)
    {
        return columns.Count > 2 && ColumnText.Counts(columns, _names) == true
            ? [Json(_names[columns[0]] + ColumnRange.Mark + _names[columns[^1]])]
            : columns.Select(index => Json(_names[index]));
    }

    private static string Json(string name) => $"\"{JsonEncodedText.Encode(name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>Columns for each input; null where there is nothing to go by.</summary>
    private Dictionary<string, IReadOnlyList<int>>? Guess()
    {
        var guess = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);
        foreach (var input in _inputs)
        {
            if (ByName(input) is { } columns)
            {
                guess[input.Name] = columns;
            }
        }

        var rest = _inputs.Where(input => !guess.ContainsKey(input.Name)).ToList();
        var free = _free.Except(guess.Values.SelectMany(columns => columns)).ToList();
        return rest.Count == 0 || Deal(rest, free.Where(index => !IsRowName(index)).ToList(), guess) ? guess : null;
    }

    /// <summary>The column that is called like the input but for letter case and blanks.</summary>
    private List<int>? ByName(TensorDescription input)
    {
        if (ElementsOf(input) is not { } elements || elements > _free.Count)
        {
            return null;
        }

        return elements == 1 && _names.Alike(input.Name) is { } alike && _free.Contains(alike) ? [alike] : null;
    }

    /// <summary>
    /// Deals columns to inputs in their order, where they come out even, or where there is one input and they are enough. Inputs of one
    /// element each are single things with names, about which an order says nothing.
    /// </summary>
    private bool Deal(List<TensorDescription> inputs, List<int> free, Dictionary<string, IReadOnlyList<int>> guess)
    {
        var sizes = inputs.Select(input => ElementsOf(input)).ToList();
        if (inputs.Count == 1 && sizes[0] is null)
        {
            sizes[0] = free.Count;
        }

        if (inputs.Count > 1 && sizes.Contains(1))
        {
            return false;
        }

        var isEven = sizes.TrueForAll(size => size is not null) && sizes.Sum() == free.Count;
        var isEnough = inputs.Count == 1 && sizes[0] > 1 && free.Count > sizes[0];
        if ((!isEven && !isEnough) || sizes.Contains(0))
        {
            return false;
        }

        var at = 0;
        for (var i = 0; i < inputs.Count; i++)
        {
            guess[inputs[i].Name] = ByNumber(free.GetRange(at, (int)sizes[i]!));
            at += (int)sizes[i]!;
        }

        return true;
    }

    /// <summary>In the order of the numbers at the names' ends, where it is one name that is counted; else as they stand in the file.</summary>
    private List<int> ByNumber(List<int> columns)
    {
        var numbers = columns.ConvertAll(index => ColumnRange.Read(_names[index], _names[index]));
        return numbers.TrueForAll(number => number is not null && number.Prefix == numbers[0]!.Prefix)
            ? [.. columns.Zip(numbers).OrderBy(pair => pair.Second!.First).Select(pair => pair.First)]
            : columns;
    }

    private long? ElementsOf(TensorDescription input) => InputMapping.ElementsOf(input, _isBatched);

    /// <summary>Whether a column is called as those are that number rows and are no part of them.</summary>
    private bool IsRowName(int index) => s_rowNames.Contains(_names[index].Trim().ToLowerInvariant(), StringComparer.Ordinal);
}
