using Millrace.Worker.Inference;

namespace Millrace.Producer.Scoring;

/// <summary>Which columns scoring adds to the file's own.</summary>
internal sealed record OutputPlan
{
    /// <summary>Name of the column of what went wrong with a row.</summary>
    public const string ErrorHeader = "error";

    // Past this a spreadsheet is no longer the place for them.
    private const long MostColumns = 1024;

    /// <summary>The columns, in order.</summary>
    public required IReadOnlyList<OutputColumn> Columns { get; init; }

    /// <summary>Name of the column of what went wrong with a row, unlike any other.</summary>
    public required string ErrorColumn { get; init; }

    /// <summary>Whether the first column is a label that can be compared with one of the file's.</summary>
    public required bool HasPrediction { get; init; }

    /// <summary>
    /// The best label and its score, for a model that declares labels; else each element of each output, or the output as a JSON
    /// array where its size differs from row to row.
    /// </summary>
    public static OutputPlan For(ModelDescription model, bool isBatched, IReadOnlyList<string> header)
    {
        var taken = new HashSet<string>(header, StringComparer.Ordinal);
        var columns = new List<OutputColumn>();
        if (model.PredictionOutput is { } prediction)
        {
            columns.Add(new OutputColumn(Unlike("prediction", taken), prediction, Element: 0));
            if (model.ConfidenceOutput is { } confidence)
            {
                columns.Add(new OutputColumn(Unlike("confidence", taken), confidence, Element: 0));
            }
        }
        else
        {
            foreach (var output in model.Outputs)
            {
                columns.AddRange(Elements(output, isBatched, taken));
            }
        }

        return new OutputPlan
        {
            Columns = columns,
            ErrorColumn = Unlike(ErrorHeader, taken),
            HasPrediction = model.PredictionOutput is not null,
        };
    }

    private static IEnumerable<OutputColumn> Elements(TensorDescription output, bool isBatched, HashSet<string> taken)
    {
        var rowShape = output.Shape.Skip(isBatched && output.HasRows ? 1 : 0).ToList();
        var isOfJob = !(isBatched && output.HasRows);
        var count = rowShape.Aggregate(1L, (product, dimension) => product < 0 || dimension < 0 ? -1 : product * dimension);
        return count switch
        {
            1 => [new OutputColumn(Unlike(output.Name, taken), output.Name, Element: 0, isOfJob)],
            > 0 and <= MostColumns => Enumerable.Range(0, (int)count)
                .Select(element => new OutputColumn(Unlike($"{output.Name}_{element}", taken), output.Name, element, isOfJob)),
            _ => [new OutputColumn(Unlike(output.Name, taken), output.Name, Element: null, isOfJob)],
        };
    }

    private static string Unlike(string name, HashSet<string> taken)
    {
        var unlike = name;
        for (var number = 2; !taken.Add(unlike); number++)
        {
            unlike = $"{name}_{number}";
        }

        return unlike;
    }
}
