using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>What only tests and benchmarks do to a database of their own: stop it and start it again, and watch it.</summary>
public static class PostgresStops
{
    /// <summary>Stops the server; its data stay for <see cref="StartAgainAsync"/>.</summary>
    public static Task StopAsync(this LocalPostgres database, PostgresStop mode) =>
        database.Server.StopAsync(mode == PostgresStop.Fast ? Signals.Interrupt : Signals.Quit);

    /// <summary>Starts the stopped server on the same port and data.</summary>
    /// <exception cref="LocalServiceException">The server gave up.</exception>
    public static async Task StartAgainAsync(this LocalPostgres database, CancellationToken cancellationToken)
    {
        if (!await database.Server.TryRunAsync(cancellationToken))
        {
            throw new LocalServiceException($"Postgres ended at once. {database.Server.Process.LogTail()}");
        }
    }

    /// <summary>CPU time of the server's processes so far.</summary>
    public static TimeSpan ProcessorTime(this LocalPostgres database) => ProcessTree.ProcessorTime(database.Server.Process.Id);
}
