using Millrace.Contracts;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Mapping;

/// <summary>Which columns of a file feed which input of a model.</summary>
internal sealed record InputMapping
{
    /// <summary>One for each of the model's inputs.</summary>
    public required IReadOnlyList<InputPlan> Inputs { get; init; }

    /// <summary>Whether a job may have many rows: every input has a batch dimension that is open.</summary>
    public required bool IsBatched { get; init; }

    /// <summary>The file's columns.</summary>
    public required ColumnNames Names { get; init; }

    /// <summary>
    /// Takes the columns from <paramref name="columns"/> (<c>input=a,b,c..d</c>, or without <c>input=</c> where the model has one
    /// input), else from the model's own declaration; an input of one element a row takes the column of its own name, one of many those of its
    /// name and a number. Nothing is taken by its place in the file alone.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="header">The columns' names.</param>
    /// <param name="columns">What the person said.</param>
    /// <param name="labelColumn">The column that holds the right answers, if it is there: no suggestion takes it.</param>
    /// <exception cref="UsageException">
    /// A column is not there, or there twice; there are more or fewer than the input takes; or nothing says which they are.
    /// </exception>
    public static InputMapping Resolve(ModelDescription model, IReadOnlyList<string> header, IReadOnlyList<string> columns, string? labelColumn)
    {
        var names = new ColumnNames(header);
        var given = ColumnOptions.Read(model, names, columns);
        var isBatched = model.Inputs.All(input => input.Shape is [< 0, ..]);
        var found = model.Inputs.Select(input => (Input: input, Columns: Find(model, input, names, given, isBatched, labelColumn))).ToList();
        return found.All(pair => pair.Columns is not null)
            ? new InputMapping
            {
                Names = names,
                IsBatched = isBatched,
                Inputs = found.Select(pair => new InputPlan(
                    pair.Input.Name, pair.Input.Datatype, pair.Columns!, RowShape(model, pair.Input, pair.Columns!.Count, isBatched))).ToList(),
            }
            : throw new ColumnGuess(model, names, found, isBatched, labelColumn).Refusal();
    }

    /// <summary>Whether an input is made of the column.</summary>
    public bool Uses(int column) => Inputs.Any(input => input.Columns.Contains(column));

    /// <summary>One line for each input: <c>x [4] &lt;- sepal_length..petal_width (columns 2 to 5)</c>. The same mapping gives the same text.</summary>
    public IReadOnlyList<string> Describe() => Inputs
        .Select(input => $"{input.Name} [{string.Join(',', input.RowShape)}] <- {ColumnText.Describe(input.Columns, Names)}")
        .ToList();

    /// <summary>The columns that no input is made of, but for the label's; null where there are none.</summary>
    public string? DescribeUnused(int? label)
    {
        var used = Inputs.SelectMany(input => input.Columns).ToHashSet();
        var unused = Enumerable.Range(0, Names.Count).Where(index => index != label && !used.Contains(index)).ToList();
        return unused.Count > 0 ? $"not used: {ColumnText.Describe(unused, Names)}" : null;
    }

    /// <summary>Refuses what is to stand for missing cells and can in no input.</summary>
    /// <exception cref="UsageException">No input can have it.</exception>
    public void Refuse(MissingCells missing, NumberText? numbers)
    {
        if (missing.Value is not null && Inputs.All(input => missing.ElementOf(input.Datatype, numbers) is null))
        {
            throw new UsageException(
                $"--missing {(missing.IsNan ? "nan" : missing.Value)}: no input can be that: "
                + string.Join(", ", Inputs.Select(input => $"'{input.Name}' is {CellParsers.Expected(input.Datatype, numbers)}")),
                $"it is read as the file's cells are{(numbers is null ? "" : $", by {numbers.Options}")}; only floats can be nan; an empty text is a text, and never missing");
        }
    }

    /// <summary>How many elements of a row an input takes; null where its shape leaves that open.</summary>
    internal static long? ElementsOf(TensorDescription input, bool isBatched)
    {
        var shape = input.Shape.Skip(isBatched ? 1 : 0).ToList();
        return shape.Any(dimension => dimension < 0) ? null : shape.Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>The input's columns; null where nothing says which they are.</summary>
    private static IReadOnlyList<int>? Find(
        ModelDescription model,
        TensorDescription input,
        ColumnNames names,
        IReadOnlyDictionary<string, IReadOnlyList<int>> given,
        bool isBatched,
        string? labelColumn)
    {
        var use = $"input '{input.Name}'";
        if (given.TryGetValue(input.Name, out var said))
        {
            return said;
        }

        if (model.Columns.TryGetValue(input.Name, out var declared))
        {
            RefuseAlike(input.Name, declared, names);
            return ColumnList.ReadDeclared(declared, names, $"{use}, as the model's model.json says");
        }

        // Beside an input whose first dimension is fixed each row is a job, and the N of [N] or [N,1] is 1.
        return ElementsOf(input, isBatched || input.Shape is [< 0, ..]) switch
        {
            0 => [],
            1 when names.Has(input.Name) => [names.Find(input.Name, use)],
            // One column and one number: there is nothing else that it could be, and the mapping is told.
            1 when names.Count == 1 && model.Inputs.Count == 1 => [0],
            > 1 and var elements => NumberedColumns.Find(input.Name, elements, names, labelColumn),
            _ => null,
        };
    }

    /// <summary>Refuses a file that has what the model declares, but for letter case, blanks or what cannot be seen.</summary>
    private static void RefuseAlike(string input, IReadOnlyList<string> declared, ColumnNames names)
    {
        var missing = declared.Where(name => !names.Has(name)).ToList();
        if (missing.Count == 0 || missing.Exists(name => names.Alike(name) is null) || declared.Any(name => names.Doubt(name) is not null))
        {
            return;
        }

        var columns = declared.Select(name => names.Alike(name) is { } alike && !names.Has(name) ? alike : names.Find(name, input)).ToList();
        var others = missing.Count == 1 ? "" : $" and {missing.Count - 1} more";
        throw new UsageException(
            $"no column '{missing[0]}'{others} in the file, for input '{input}', as the model's model.json says",
            $"{names.Near(missing[0])} If it is these, --columns goes before model.json: --columns {ColumnText.InShell($"{input}={ColumnText.ToOption(columns, names)}")}");
    }

    /// <summary>The input's shape without the batch dimension, with what is open in it settled by the number of columns.</summary>
    private static List<long> RowShape(ModelDescription model, TensorDescription input, int columns, bool isBatched)
    {
        var shape = input.Shape.Skip(isBatched ? 1 : 0).ToList();
        var open = shape.Count(dimension => dimension < 0);
        var known = shape.Where(dimension => dimension >= 0).Aggregate(1L, (product, dimension) => product * dimension);
        if (open == 1 && known > 0 && columns > 0 && columns % known == 0)
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
