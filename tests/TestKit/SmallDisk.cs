using System.Diagnostics;
using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>
/// A small file system in memory, and a folder on it, which can be filled: a real "No space left on device". It is mounted for one process of
/// ours alone and reached through that one's folder in /proc, so nothing is left where the tests are killed.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int PageBytes = 4096;

    // What is written to it, beside what only fills it.
    private const string FolderName = "data";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _mountPoint;
    private readonly ChildProcess _holder;

    private SmallDisk(DirectoryInfo mountPoint, ChildProcess holder) => (_mountPoint, _holder) = (mountPoint, holder);

    /// <summary>The folder on it, as every program of its user sees it. Not for SQLite, which follows the link in /proc out of it.</summary>
    public string Folder => Path.Combine(Root, FolderName);

    /// <summary>How to begin the command of a program that is run beside the process that has it, and sees it where it is mounted.</summary>
    public IReadOnlyList<string> Enter => ["nsenter", "--target", $"{_holder.Id}", "--mount", .. Environment.IsPrivilegedProcess ? (string[])[] : ["--user", "--preserve-credentials"]];

    private string Root => $"/proc/{_holder.Id}/root{_mountPoint.FullName}";

    private string Filler => Path.Combine(Root, "filler");

    /// <summary>A file in the folder, as a program that was begun by <see cref="Enter"/> sees it.</summary>
    public string this[string name] => Path.Combine(_mountPoint.FullName, FolderName, name);

    /// <summary>Mounts it.</summary>
    /// <param name="size">What it holds, as mount's <c>size</c> takes it: <c>4m</c>.</param>
    /// <param name="user">Who may write to it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SmallDiskException">This machine does not let us.</exception>
    public static async Task<SmallDisk> MountAsync(string size, ServerUser user, CancellationToken cancellationToken)
    {
        var mountPoint = Directory.CreateTempSubdirectory("millrace-disk");
        // Root mounts by its own right, others as the root of a user namespace of their own.
        string[] unshare = Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];
        var owner = user.Owner is { } ids ? $",uid={ids.Split(':')[0]},gid={ids.Split(':')[1]}" : "";
        var mount = $"mount -t tmpfs -o size={size},mode=0700{owner} tmpfs \"$1\" && mkdir \"$1/{FolderName}\"";
        var chown = user.Owner is null ? "" : $" && chown {user.Owner} \"$1/{FolderName}\"";
        // A process that changes its user can be looked into by that user's others once it has begun another program: so it is told by that one.
        var hold = "shift && exec setpriv --pdeathsig KILL \"$@\" /bin/sh -c 'echo mounted && exec sleep infinity'";
        var holder = ChildProcess.Start(new ProcessStartInfo(
            "unshare", [.. unshare, "/bin/sh", "-c", $"{mount}{chown} && {hold}", "sh", mountPoint.FullName, .. user.LauncherArguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        if (await holder.Output.ReadLineAsync(cancellationToken) is not null)
        {
            return new SmallDisk(mountPoint, holder);
        }

        var error = await holder.Error.ReadToEndAsync(cancellationToken);
        mountPoint.Delete();
        throw new SmallDiskException($"No file system can be mounted here, not even in a namespace of our own: {error.Trim()}");
    }

    /// <summary>Takes all the room there is.</summary>
    /// <param name="left">But so many bytes.</param>
    public void Fill(long left = 0)
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

        filler.SetLength(Math.Max(0, filler.Length - left));
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        _holder.Send(Signals.Kill);
        await _holder.Exited.WaitAsync(s_patience);
        _mountPoint.Delete();
    }
}
