namespace Millrace.Worker.Inference.Models;

/// <summary>A file with true labels and which of its rows the model was never trained on.</summary>
public sealed record EvaluationConfig
{
    /// <summary>The file, for people.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of the file, in hexadecimal: only this very content counts.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The column with the true labels.</summary>
    public string LabelColumn { get; init; } = "label";

    /// <summary>The held-out rows.</summary>
    public required HeldOutConfig HeldOut { get; init; }
}

/// <summary>Rows <see cref="First"/>, <see cref="First"/> + <see cref="Every"/>, … of a file, counted from 1 behind its header.</summary>
public sealed record HeldOutConfig
{
    /// <summary>The step.</summary>
    public required int Every { get; init; }

    /// <summary>The first one.</summary>
    public required int First { get; init; }
}
