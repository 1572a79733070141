using Millrace.Contracts;

namespace Millrace.Scoring.Mapping;

/// <summary>What <c>--columns</c> says, each time it is given.</summary>
internal static class ColumnOptions
{
    /// <summary>Reads them all: <c>INPUT=LIST</c>, or <c>LIST</c> where the model has one input.</summary>
    /// <returns>The columns of the inputs that they name.</returns>
    /// <exception cref="UsageException">There is no such input, it is named twice, or a column is not there.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<int>> Read(ModelDescription model, ColumnNames names, IReadOnlyList<string> options)
    {
        var given = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);
        foreach (var option in options)
        {
            var (input, list) = Split(model, names, option);
            RefuseSeveral(model, names, option, list);
            var columns = ColumnList.Read(list, names, $"input '{input}'");
            if (!given.TryAdd(input, columns))
            {
                throw new UsageException($"--columns names the columns of input '{input}' twice", $"list them all once: --columns {input}=COLUMN,COLUMN");
            }
        }

        return given;
    }

    /// <summary>Refuses <c>a=A,b=B</c>, which people write for two options.</summary>
    private static void RefuseSeveral(ModelDescription model, ColumnNames names, string option, string list)
    {
        foreach (var part in ListText.Split(list).Where(part => !part.IsQuoted && !names.Has(part.Text)))
        {
            if (model.Inputs.FirstOrDefault(input => part.Text.StartsWith(input.Name + "=", StringComparison.Ordinal)) is { } other)
            {
                throw new UsageException(
                    $"--columns {option}: it says the columns of one input, and '{other.Name}' is another", $"give it once for each: --columns {part.Text}");
            }
        }
    }

    private static (string Input, string List) Split(ModelDescription model, ColumnNames names, string option)
    {
        var inputs = model.Inputs.Select(input => input.Name).ToList();
        // The longest: an input's name may itself hold an equals sign.
        if (inputs.Where(name => option.StartsWith(name + "=", StringComparison.Ordinal)).MaxBy(name => name.Length) is { } named)
        {
            return (named, option[(named.Length + 1)..]);
        }

        var equals = ListText.StartsQuoted(option) || names.Has(option) ? -1 : option.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            throw new UsageException(
                $"--columns {option}: model '{model.Name}' has no input '{option[..equals]}'",
                $"{NearNames.Suggest(option[..equals], inputs)} a column with an equals sign in its name is written in quotes");
        }

        return inputs is [var only]
            ? (only, option)
            : throw new UsageException(
                $"--columns {option}: model '{model.Name}' has {inputs.Count} inputs: {NearNames.List(inputs)}", "say which: --columns INPUT=COLUMNS");
    }
}
