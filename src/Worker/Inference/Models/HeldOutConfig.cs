namespace Millrace.Worker.Inference.Models;

/// <summary>Rows <see cref="First"/>, <see cref="First"/> + <see cref="Every"/>, … of a file, counted from 1 behind its header.</summary>
public sealed record HeldOutConfig
{
    /// <summary>The step.</summary>
    public required int Every { get; init; }

    /// <summary>The first one.</summary>
    public required int First { get; init; }
}
