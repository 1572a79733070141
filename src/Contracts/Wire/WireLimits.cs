namespace Millrace.Contracts.Wire;

/// <summary>What a reader accepts before it looks at a body's meaning.</summary>
public sealed record WireLimits
{
    /// <summary>The default of <see cref="MaxRank"/>, a worker's too.</summary>
    public const int DefaultMaxRank = 8;

    /// <summary>The default of <see cref="MaxJsonDepth"/>, a worker's too.</summary>
    public const int DefaultMaxJsonDepth = 16;

    /// <summary>What a worker's <c>Limits:MaxRank</c> may be at most.</summary>
    internal const int HighestMaxRank = 64;

    /// <summary>What a worker's <c>Limits:MaxJsonDepth</c> may be at most.</summary>
    internal const int HighestMaxJsonDepth = 64;

    /// <summary>What a worker's <c>Limits:MaxPayloadBytes</c> may be at most.</summary>
    internal const int HighestMaxPayloadBytes = 512 * 1024 * 1024;

    /// <summary>Bytes of a body that a worker takes unless told otherwise (its <c>Limits:MaxPayloadBytes</c>).</summary>
    public const int DefaultMaxPayloadBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of one job's outputs that a worker gives unless told otherwise (its <c>Limits:MaxOutputBytes</c>), in the binary layout.</summary>
    public const int DefaultMaxOutputBytes = 8 * 1024 * 1024;

    /// <summary>The most dimensions of a shape.</summary>
    /// <value>Default: 8.</value>
    public int MaxRank { get; init; } = DefaultMaxRank;

    /// <summary>The deepest nesting of JSON.</summary>
    /// <value>Default: 16.</value>
    public int MaxJsonDepth { get; init; } = DefaultMaxJsonDepth;
}
