using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults;

/// <summary>The broker and the database of all scenarios, private ones, since they are stopped and killed; started for the first.</summary>
public sealed class Servers : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private LocalRabbitMq? _broker;
    private LocalPostgres? _database;

    internal LocalRabbitMq Broker => _broker!;

    internal LocalPostgres Database => _database!;

    /// <summary>Starts both where they do not run. Skips the test where this machine has no programs for them.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            Programs.RequireLauncher();
            Programs.FindRabbitMqServer();
            Programs.FindPostgresFolder();
        }
        catch (LocalServiceException e)
        {
            Assert.Skip(e.Message);
        }

        _broker ??= await LocalRabbitMq.StartAsync(new LocalRabbitMqOptions { Management = true, StartTimeout = s_patience }, cancellationToken);
        // Killed, it shall have what it confirmed: fsync is on.
        _database ??= await LocalPostgres.StartAsync(new LocalPostgresOptions { StartTimeout = s_patience }, cancellationToken);
        if (Broker.Exited.IsCompleted)
        {
            await Broker.StartAgainAsync(cancellationToken);
        }

        if (Database.Exited.IsCompleted)
        {
            await Database.StartAgainAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    internal async Task<TestVirtualHost> CreateVirtualHostAsync(CancellationToken cancellationToken)
    {
        var host = new TestVirtualHost(new RabbitMqAddress(Broker.Uri, Broker.ManagementUri!, null), $"faults-{Guid.NewGuid():N}");
        await host.CreateAsync(cancellationToken);
        return host;
    }

    internal async Task<TestDatabase> CreateDatabaseAsync(string? tablespace, CancellationToken cancellationToken)
    {
        var database = new TestDatabase(Database.ConnectionString, $"faults_{Guid.NewGuid():N}", tablespace);
        await database.CreateAsync(cancellationToken);
        return database;
    }
}
