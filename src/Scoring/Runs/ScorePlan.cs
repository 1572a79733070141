using Millrace.Contracts;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Runs;

/// <summary>What a run is made of: decided before its first job, from the file's header, the model, and what a person said.</summary>
internal sealed record ScorePlan
{
    /// <summary>The model that is asked.</summary>
    public required ModelDescription Model { get; init; }

    /// <summary>Which columns feed which input.</summary>
    public required InputMapping Mapping { get; init; }

    /// <summary>What the right answers are and what they are compared with; null for nothing.</summary>
    public LabelPlan? Label { get; init; }

    /// <summary>What is written behind each row.</summary>
    public required OutputPlan Outputs { get; init; }

    /// <summary>Whether the file's numbers have a decimal comma, as was said.</summary>
    public bool HasDecimalComma { get; init; }

    /// <summary>Plans a run.</summary>
    /// <param name="models">Says what the model takes and gives.</param>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="source">The file, read up to its header.</param>
    /// <param name="said">What a person said of columns and outputs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">The file and the model do not go together as was asked.</exception>
    public static async Task<ScorePlan> MakeAsync(
        IModelDescriptions models, string modelName, string? version, CsvSource source, ScoreColumns said, CancellationToken cancellationToken)
    {
        var model = await models.DescribeAsync(modelName, version, cancellationToken);
        HeaderCheck.Refuse(source, model, said.Inputs);
        var labelColumn = LabelPlan.NameOf(said.Label, model, new ColumnNames(source.Header));
        var mapping = InputMapping.Resolve(model, source.Header, said.Inputs, labelColumn);
        var label = LabelPlan.Choose(said.Label, said.LabelOutput, model, mapping);
        return new ScorePlan
        {
            Model = model,
            Mapping = mapping,
            Label = label,
            HasDecimalComma = source.Dialect is { Decimal: ',' } or { Decimal: null, Thousands: '.' },
            Outputs = OutputPlan.For(model, mapping.IsBatched, source.Header, said.Outputs, label?.Target),
        };
    }

    // A person who opens the scored file where decimals have a comma would read 1.234 as a thousand.
    private string? DecimalPoint => HasDecimalComma ? "numbers in the outputs are written with a decimal point, whatever the file has" : null;

    /// <summary>What a person is told before the run, a line for each.</summary>
    public IEnumerable<string> Describe()
    {
        string?[] lines = [.. Mapping.Describe(), Label?.Describe(), Mapping.DescribeUnused(Label?.Column), Outputs.Describe(), Outputs.DescribeRenamed(), DecimalPoint];
        return lines.OfType<string>();
    }
}
