using System.Diagnostics;
using Millrace.LocalServices;
using Npgsql;

namespace Millrace.Faults;

/// <summary>
/// A small file system in memory, and a tablespace on it, which can be filled: a real "No space left on device". It is mounted for one
/// process of ours alone and reached through that one's folder in /proc, so nothing is left where the tests are killed.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    // A new database has 8 MB.
    private const string Size = "48m";
    private const int PageBytes = 4096;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Servers _servers;
    private readonly DirectoryInfo _mountPoint;
    private readonly ChildProcess _holder;

    private SmallDisk(Servers servers, DirectoryInfo mountPoint, ChildProcess holder)
    {
        _servers = servers;
        _mountPoint = mountPoint;
        _holder = holder;
    }

    /// <summary>The tablespace's name.</summary>
    public string Tablespace { get; } = $"faults_{Guid.NewGuid():N}";

    private string Folder => $"/proc/{_holder.Id}/root{_mountPoint.FullName}";

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Mounts it and makes the tablespace. Skips the test where this machine does not let us.</summary>
    public static async Task<SmallDisk> MountAsync(Servers servers, CancellationToken cancellationToken)
    {
        await servers.StartAsync(cancellationToken);
        var mountPoint = Directory.CreateTempSubdirectory("millrace-disk");
        var user = ServerUser.ForPostgres();
        // Root mounts by its own right, others as the root of a user namespace of their own; Postgres's user must own it in any case.
        string[] unshare = Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];
        var owner = user.Owner is { } ids ? $",uid={ids.Split(':')[0]},gid={ids.Split(':')[1]}" : "";
        var mount = $"mount -t tmpfs -o size={Size},mode=0700{owner} tmpfs \"$1\" && mkdir \"$1/tablespace\"";
        var chown = user.Owner is null ? "" : $" && chown {user.Owner} \"$1/tablespace\"";
        var holder = ChildProcess.Start(new ProcessStartInfo(
            "unshare",
            [.. unshare, "/bin/sh", "-c", $"{mount}{chown} && echo mounted && shift && exec setpriv --pdeathsig KILL \"$@\" sleep infinity", "sh", mountPoint.FullName, .. user.LauncherArguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        if (await holder.Output.ReadLineAsync(cancellationToken) is null)
        {
            var error = await holder.Error.ReadToEndAsync(cancellationToken);
            mountPoint.Delete();
            Assert.Skip($"No file system can be mounted here, not even in a namespace of our own: {error.Trim()}");
        }

        var disk = new SmallDisk(servers, mountPoint, holder);
        try
        {
            // It is another user's once it has become sleep, and lets Postgres in from then on.
            await Trial.UntilAsync("the small disk can be reached", () => File.ReadAllText($"/proc/{holder.Id}/comm").Trim() == "sleep");
            await disk.ExecuteAsync($"CREATE TABLESPACE {disk.Tablespace} LOCATION '{disk.Folder}/tablespace'");
            return disk;
        }
        catch
        {
            await disk.UnmountAsync();
            throw;
        }
    }

    /// <summary>Takes all the room there is.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[PageBytes];
        try
        {
            while (true)
            {
                filler.Write(page);
            }
        }
        catch (IOException)
        {
            // No space left on device: what was wanted.
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await ExecuteAsync($"DROP TABLESPACE {Tablespace}");
            // The next start of a server that was killed would want the folder for as long as its log speaks of it.
            await ExecuteAsync("CHECKPOINT");
        }
        finally
        {
            await UnmountAsync();
        }
    }

    private async Task UnmountAsync()
    {
        _holder.Send(Signals.Kill);
        await _holder.Exited.WaitAsync(s_patience);
        _mountPoint.Delete();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_servers.Database.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
