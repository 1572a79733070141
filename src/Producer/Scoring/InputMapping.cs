using Millrace.Worker.Inference;

namespace Millrace.Producer.Scoring;

/// <summary>Which columns of a file feed which input of a model.</summary>
internal sealed record InputMapping
{
    /// <summary>One for each of the model's inputs.</summary>
    public required IReadOnlyList<InputPlan> Inputs { get; init; }

    /// <summary>Whether a job may have many rows: every input has a batch dimension that is open.</summary>
    public required bool IsBatched { get; init; }

    /// <summary>
    /// Takes the columns from <paramref name="columns"/> (<c>input=a,b,c..d</c>, or without <c>input=</c> where the model has one
    /// input), else from the model's own declaration, else, for a single input, all columns but the label's.
    /// </summary>
    /// <exception cref="UsageException">A column is not there, or there are more or fewer than the input takes.</exception>
    public static InputMapping Resolve(ModelDescription model, IReadOnlyList<string> header, IReadOnlyList<string> columns, string? labelColumn)
    {
        var given = ReadOption(model, header, columns);
        var isBatched = model.Inputs.All(input => input.Shape is [< 0, ..]);
        return new InputMapping
        {
            IsBatched = isBatched,
            Inputs = model.Inputs.Select(input => Plan(model, input, header, given, labelColumn, isBatched)).ToList(),
        };
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadOption(
        ModelDescription model, IReadOnlyList<string> header, IReadOnlyList<string> columns)
    {
        var given = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var names = model.Inputs.Select(input => input.Name).ToList();
        foreach (var option in columns)
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var input = equals >= 0 ? option[..equals] : names is [var only] ? only : "";
            if (!names.Contains(input))
            {
                throw equals < 0
                    ? new UsageException(
                        $"--columns {option}: model '{model.Name}' has {names.Count} inputs: {NearNames.List(names)}", "say which: --columns INPUT=COLUMNS")
                    : new UsageException($"--columns {option}: model '{model.Name}' has no input '{input}'", NearNames.Suggest(input, names));
            }

            given[input] = ColumnList.Expand(option[(equals + 1)..], header);
        }

        return given;
    }

    private static InputPlan Plan(
        ModelDescription model,
        TensorDescription input,
        IReadOnlyList<string> header,
        Dictionary<string, IReadOnlyList<string>> given,
        string? labelColumn,
        bool isBatched)
    {
        var indexes = (given.GetValueOrDefault(input.Name) ?? model.Columns.GetValueOrDefault(input.Name)) is { } names
            ? names.Select(name => IndexOf(name, header, input.Name)).ToList()
            : Remaining(model, input, header, labelColumn);
        return new InputPlan(input.Name, input.Datatype, indexes, RowShape(model, input, indexes.Count, isBatched));
    }

    private static int IndexOf(string name, IReadOnlyList<string> header, string input)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (header[i] == name)
            {
                return i;
            }
        }

        throw new UsageException($"no column '{name}' in the file, which input '{input}' is made of", NearNames.Suggest(name, header.ToList()));
    }

    private static List<int> Remaining(ModelDescription model, TensorDescription input, IReadOnlyList<string> header, string? labelColumn)
    {
        if (model.Inputs.Count > 1)
        {
            throw new UsageException(
                $"which columns are input '{input.Name}' of model '{model.Name}'? Neither --columns nor its model.json says",
                $"--columns {input.Name}=COLUMN,FIRST..LAST, once for each of {NearNames.List(model.Inputs.Select(one => one.Name).ToList())}");
        }

        return Enumerable.Range(0, header.Count).Where(index => header[index] != labelColumn).ToList();
    }

    /// <summary>The input's shape without the batch dimension, with what is open in it settled by the number of columns.</summary>
    private static List<long> RowShape(ModelDescription model, TensorDescription input, int columns, bool isBatched)
    {
        var shape = input.Shape.Skip(isBatched ? 1 : 0).ToList();
        var open = shape.Count(dimension => dimension < 0);
        var known = shape.Where(dimension => dimension >= 0).Aggregate(1L, (product, dimension) => product * dimension);
        if (open == 1 && known > 0 && columns % known == 0)
        {
            shape[shape.FindIndex(dimension => dimension < 0)] = columns / known;
            return shape;
        }

        return open == 0 && known == columns
            ? shape
            : throw new UsageException(
                $"input '{input.Name}' of model '{model.Name}' has shape [{string.Join(',', input.Shape)}], which {columns} columns do not fill",
                $"name the columns: --columns {input.Name}=COLUMN,FIRST..LAST");
    }
}
