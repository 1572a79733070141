using Millrace.LocalServices;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Faults;

/// <summary>A tablespace on a disk that can be filled.</summary>
internal sealed class SmallTablespace : IAsyncDisposable
{
    // A new database has 8 MB.
    private const string Size = "48m";

    private readonly Servers _servers;

    private SmallTablespace(Servers servers, SmallDisk disk) => (_servers, Disk) = (servers, disk);

    /// <summary>What it is on.</summary>
    public SmallDisk Disk { get; }

    /// <summary>Its name.</summary>
    public string Name { get; } = $"faults_{Guid.NewGuid():N}";

    /// <summary>Mounts the disk and makes the tablespace. Skips the test where this machine does not let us.</summary>
    public static async Task<SmallTablespace> CreateAsync(Servers servers, CancellationToken cancellationToken)
    {
        await servers.StartAsync(cancellationToken);
        var space = new SmallTablespace(servers, await MountAsync(cancellationToken));
        try
        {
            await space.ExecuteAsync($"CREATE TABLESPACE {space.Name} LOCATION '{space.Disk.Folder}'");
            return space;
        }
        catch
        {
            await space.Disk.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await ExecuteAsync($"DROP TABLESPACE {Name}");
            // The next start of a server that was killed would want the folder for as long as its log speaks of it.
            await ExecuteAsync("CHECKPOINT");
        }
        finally
        {
            await Disk.DisposeAsync();
        }
    }

    private static async Task<SmallDisk> MountAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await SmallDisk.MountAsync(Size, ServerUser.ForPostgres(), cancellationToken);
        }
        catch (SmallDiskException none)
        {
            Assert.Skip(none.Message);
            throw;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_servers.Database.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
