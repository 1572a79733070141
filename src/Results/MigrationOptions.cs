namespace Millrace.Results;

/// <summary>How a migration waits for another process that has its lock.</summary>
public sealed record MigrationOptions
{
    /// <summary>How long it waits before it gives up.</summary>
    /// <value>Default: 1 minute. <see cref="Timeout.InfiniteTimeSpan"/> waits for as long as it takes.</value>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told who has the lock, in words, within a second and then every few; null for nobody.</summary>
    public Action<string>? OnWaiting { get; init; }
}
