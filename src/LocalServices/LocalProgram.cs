namespace Millrace.LocalServices;

/// <summary>What a <see cref="LocalProcess"/> runs.</summary>
internal sealed record LocalProgram
{
    /// <summary>What to call it in a message.</summary>
    public required string Name { get; init; }

    /// <summary>The program's file.</summary>
    public required string Path { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Where its output goes, behind what is there.</summary>
    public required string LogPath { get; init; }

    /// <summary>The signal that it gets when this process ends, in whatever way.</summary>
    public string DeathSignal { get; init; } = "KILL";

    /// <summary>Who runs it.</summary>
    public ServerUser User { get; init; } = ServerUser.Same;

    /// <summary>Changes the environment that it inherits.</summary>
    public Action<IDictionary<string, string?>> SetEnvironment { get; init; } = _ => { };
}
