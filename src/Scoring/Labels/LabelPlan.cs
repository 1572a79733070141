using Millrace.Contracts;
using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Labels;

/// <summary>Which column holds the right answers, and what they are compared with.</summary>
internal sealed record LabelPlan
{
    private const string UsualName = "label";

    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>The column; null where there is none that could be taken, and nothing is compared.</summary>
    public int? Column { get; init; }

    /// <summary>What it is compared with; null where nothing is.</summary>
    public LabelTarget? Target { get; init; }

    /// <summary>Why nothing is compared, and what would change that, for people; null where labels are compared.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The column that holds the right answers if no input is made of it: the one asked for, else the one by which the model was evaluated, else the usual one.</summary>
    public static string? NameOf(string? asked, ModelDescription model, ColumnNames names) =>
        asked ?? new[] { model.Evaluation?.LabelColumn, UsualName }.FirstOrDefault(name => name is not null && names.Has(name));

    /// <summary>Chooses both.</summary>
    /// <param name="asked"><c>--label</c>.</param>
    /// <param name="askedOutput"><c>--label-output</c>.</param>
    /// <param name="model">The model.</param>
    /// <param name="mapping">Its inputs.</param>
    /// <returns>Null where there are no labels and nobody asked for any.</returns>
    /// <exception cref="UsageException">What was asked for is not there.</exception>
    public static LabelPlan? Choose(string? asked, string? askedOutput, ModelDescription model, InputMapping mapping)
    {
        var names = mapping.Names;
        if (asked is null && NameOf(asked, model, names) is { } usual && names.Doubt(usual) is { } doubt)
        {
            var way = $"say which holds the right answers by its number, such as --label {ColumnList.NumberMark}{names.FirstOf(usual) + 1}";
            return askedOutput is null
                ? new LabelPlan { Name = usual, Obstacle = $"{doubt}; {way}" }
                : throw new UsageException($"--label-output {askedOutput}: {doubt}", way);
        }

        var column = asked is not null
            ? ColumnList.ReadOne(asked, names, "--label")
            : NameOf(asked, model, names) is { } name && names.Find(name, "--label") is var index && !mapping.Uses(index) ? index : (int?)null;
        if (column is not { } found)
        {
            return askedOutput is null
                ? null
                : throw new UsageException($"--label-output {askedOutput}: no column with right answers to compare it with", "say which: --label COLUMN");
        }

        var plan = new LabelPlan { Name = names[found], Column = found };
        return askedOutput is not null
            ? plan with { Target = Asked(askedOutput, model, mapping.IsBatched) }
            : plan.WithTarget(model, mapping.IsBatched);
    }

    /// <summary>What is compared with what, or why nothing is.</summary>
    public string Describe()
    {
        var column = Column is { } index ? $"label <- {ColumnList.Write(Name)} (column {index + 1})" : $"label <- {ColumnList.Write(Name)}";
        return Target is { } target
            ? $"{column}, compared with output '{target.Output}' as {(target.Kind == LabelKind.Classes ? "classes" : "numbers")}, "
                + $"for it is {target.Datatype.ToWireName()}{(target.Reason is null ? "" : $"; {target.Reason}")}"
            : $"{column}, not compared: {Obstacle}";
    }

    private static LabelTarget Asked(string name, ModelDescription model, bool isBatched)
    {
        var output = model.Outputs.FirstOrDefault(output => output.Name == name)
            ?? throw new UsageException(
                $"--label-output {name}: model '{model.Name}' has no such output", NearNames.Suggest(name, model.Outputs.Select(output => output.Name).ToList()));
        return IsComparable(output, model, isBatched)
            ? new LabelTarget(output.Name, output.Datatype, Reason: null)
            : throw new UsageException($"--label-output {name}: {TooMany(output, isBatched)}", HowToDeclare(output));
    }

    private LabelPlan WithTarget(ModelDescription model, bool isBatched)
    {
        if (model.LabelOutputs is [var only])
        {
            return this with { Target = new LabelTarget(only, TensorDatatype.Bytes, "the best of the model's labels") };
        }

        var candidates = model.LabelOutputs.Count > 1
            ? model.Outputs.Where(output => model.LabelOutputs.Contains(output.Name)).ToList()
            : model.Outputs.Where(output => IsComparable(output, model, isBatched)).ToList();
        if (candidates is [var single])
        {
            return this with { Target = new LabelTarget(single.Name, single.Datatype, model.Outputs.Count > 1 ? "the only output of one element a row" : null) };
        }

        if (candidates.Find(output => output.Name == Name) is { } called)
        {
            return this with { Target = new LabelTarget(called.Name, called.Datatype, "the output of the column's name") };
        }

        var options = string.Join(" or ", candidates.Take(3).Select(output => ColumnText.InShell($"--label-output={output.Name}")));
        return this with
        {
            Obstacle = candidates.Count > 0
                ? $"model '{model.Name}' has {candidates.Count} outputs that it could be: {NearNames.List(candidates.Select(output => output.Name).ToList())}; say which: {options}"
                : $"{string.Join("; ", model.Outputs.Take(3).Select(output => TooMany(output, isBatched)))}; {HowToDeclare(model.Outputs[0])}",
        };
    }

    /// <summary>Whether each row has one element of it; of the labels, the first is the best.</summary>
    private static bool IsComparable(TensorDescription output, ModelDescription model, bool isBatched) =>
        model.LabelOutputs.Contains(output.Name) || InputMapping.ElementsOf(output, isBatched) == 1;

    private static string TooMany(TensorDescription output, bool isBatched) => InputMapping.ElementsOf(output, isBatched) is { } elements
        ? $"output '{output.Name}' has {elements} elements a row"
        : $"output '{output.Name}' has any number of elements a row";

    private static string HowToDeclare(TensorDescription output) =>
        $"where they are scores of classes, their names in model.json make the best one an output: \"labels\": {{\"{output.Name}\": [\"FIRST\", \"SECOND\"]}}";
}
