namespace Millrace.Contracts;

/// <summary>An output that a job asks for (<c>outputs[]</c> of the protocol's request).</summary>
public sealed record RequestedOutput
{
    /// <summary>The output's name, as the model or its labels declare it.</summary>
    public required string Name { get; init; }
}
