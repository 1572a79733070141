using Millrace.Contracts;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Sinks;

/// <summary>Which columns scoring adds to the file's own.</summary>
internal sealed record OutputPlan
{
    /// <summary>Name of the column of what went wrong with a row.</summary>
    public const string ErrorHeader = "error";

    /// <summary>What <c>--outputs</c> calls every output.</summary>
    public const string All = "all";

    // Past this a spreadsheet is no longer the place for them.
    private const long MostColumns = 1024;

    private const int MostRenamedShown = 5;

    /// <summary>The columns, in order.</summary>
    public required IReadOnlyList<OutputColumn> Columns { get; init; }

    /// <summary>Name of the column of what went wrong with a row, unlike any other.</summary>
    public required string ErrorColumn { get; init; }

    /// <summary>The output that labels are compared with, which may be none of the columns; null where nothing is compared.</summary>
    public string? Compared { get; init; }

    /// <summary>The model's outputs that no column shows.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Columns that could not have the name that they should, for it is taken, and the name that they have instead.</summary>
    public required IReadOnlyList<(string Name, string Header)> Renamed { get; init; }

    /// <summary>
    /// What was asked for; without that the best label and its score, for a model that declares labels, else every output. An output is a
    /// column for each element of a row, or a JSON array where its size differs from row to row.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="isBatched">Whether the outputs' first dimension is the rows'.</param>
    /// <param name="header">The file's columns, whose names are taken.</param>
    /// <param name="asked"><c>--outputs</c>: a list of names, or <c>all</c>; null for none.</param>
    /// <param name="label">What labels are compared with; null for nothing.</param>
    /// <exception cref="UsageException">There is no such output, or it is named twice.</exception>
    public static OutputPlan For(ModelDescription model, bool isBatched, IReadOnlyList<string> header, string? asked = null, LabelTarget? label = null)
    {
        var taken = new TakenNames(header);
        var columns = Choose(model, asked).SelectMany(shown => ColumnsOf(shown, model, isBatched, taken)).ToList();
        return new OutputPlan
        {
            Columns = columns,
            ErrorColumn = taken.Unlike(ErrorHeader),
            Compared = label?.Output,
            LeftOut = model.Outputs.Select(output => output.Name).Except(columns.Select(column => column.Output), StringComparer.Ordinal).ToList(),
            Renamed = taken.Renamed,
        };
    }

    /// <summary>What is written and what is not; null where nothing is left out.</summary>
    public string? Describe() => LeftOut.Count == 0
        ? null
        : $"not written: {(LeftOut.Count == 1 ? "output" : "outputs")} {NearNames.List(LeftOut)} (--outputs chooses, --outputs {All} writes them all)";

    /// <summary>Which columns have another name than they should; null where none has.</summary>
    public string? DescribeRenamed() => Renamed.Count == 0
        ? null
        : $"written under another name, for the first is taken: {string.Join(", ", Renamed.Take(MostRenamedShown).Select(one => $"'{one.Name}' as '{one.Header}'"))}"
            + (Renamed.Count > MostRenamedShown ? $" and {Renamed.Count - MostRenamedShown} more" : "");

    private static List<Shown> Choose(ModelDescription model, string? asked)
    {
        var best = Best(model);
        var known = model.Outputs.Select(output => output.Name).ToList();
        if (asked is null && best.Count > 0)
        {
            return best;
        }

        if (asked is null || (asked.Trim() == All && !known.Contains(All)))
        {
            // The best label and its score, then whatever they do not show.
            var shown = best.Select(one => one.Output).ToList();
            var rest = model.Outputs.Where(output => !shown.Contains(output.Name) || output.Shape is not [_, 1]);
            return [.. best, .. rest.Select(output => new Shown(output.Name, Heading: null))];
        }

        var names = ListText.Split(asked).Select(part => part.IsQuoted || known.Contains(part.Text) ? part.Text : part.Text.Trim()).ToList();
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new UsageException($"--outputs {asked}: '{twice.Key}' is named twice");
        }

        return names
            .Select(name => known.Contains(name) ? new Shown(name, Heading: null) : best.FirstOrDefault(one => one.Heading == name)
                ?? throw new UsageException(
                    $"--outputs {asked}: model '{model.Name}' has no output '{name}'", NearNames.Suggest(name, [.. best.Select(one => one.Heading!), .. known])))
            .ToList();
    }

    /// <summary>The best of the model's labels, and its score, where it declares labels.</summary>
    private static List<Shown> Best(ModelDescription model)
    {
        var best = new List<Shown>();
        if (model.PredictionOutput is { } prediction)
        {
            best.Add(new Shown(prediction, "prediction"));
        }

        if (model.ConfidenceOutput is { } confidence)
        {
            best.Add(new Shown(confidence, "confidence"));
        }

        return best;
    }

    private static IEnumerable<OutputColumn> ColumnsOf(Shown shown, ModelDescription model, bool isBatched, TakenNames taken)
    {
        if (shown.Heading is { } heading)
        {
            return [new OutputColumn(taken.Unlike(heading), shown.Output, Element: 0)];
        }

        var output = model.Outputs.First(output => output.Name == shown.Output);
        var isOfJob = !(isBatched && output.HasRows);
        var count = InputMapping.ElementsOf(output, !isOfJob) ?? -1;
        return count switch
        {
            1 => [new OutputColumn(taken.Unlike(output.Name), output.Name, Element: 0, isOfJob)],
            > 0 and <= MostColumns => Enumerable.Range(0, (int)count)
                .Select(element => new OutputColumn(taken.Unlike($"{output.Name}_{element}"), output.Name, element, isOfJob)),
            _ => [new OutputColumn(taken.Unlike(output.Name), output.Name, Element: null, isOfJob)],
        };
    }

    /// <summary>Names of columns, each of which only one may have.</summary>
    private sealed class TakenNames(IReadOnlyList<string> header)
    {
        private readonly HashSet<string> _taken = new(header, StringComparer.Ordinal);
        private readonly List<(string Name, string Header)> _renamed = [];

        public IReadOnlyList<(string Name, string Header)> Renamed => _renamed;

        /// <summary>A name, or one made of it, that no other column has.</summary>
        public string Unlike(string name)
        {
            var unlike = name;
            for (var number = 2; !_taken.Add(unlike); number++)
            {
                unlike = $"{name}_{number}";
            }

            if (unlike != name)
            {
                _renamed.Add((name, unlike));
            }

            return unlike;
        }
    }

    /// <summary>An output to write.</summary>
    /// <param name="Output">Its name.</param>
    /// <param name="Heading">What the column of its first element is called; null for a column of each element, under its own name.</param>
    private sealed record Shown(string Output, string? Heading);
}
