namespace Millrace.Scoring.Runs;

/// <summary>What a person said of columns and outputs; what is not said is found out, and told.</summary>
internal sealed record ScoreColumns
{
    /// <summary>The columns of inputs, each as <c>INPUT=a,b,c..d</c>.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The column with the right answers.</summary>
    public string? Label { get; init; }

    /// <summary>The output to compare it with.</summary>
    public string? LabelOutput { get; init; }

    /// <summary>The outputs to write, as <c>a,b</c>.</summary>
    public string? Outputs { get; init; }
}
