using System.Diagnostics;
using Millrace.LocalServices;

namespace Millrace.Cli.Tests.Score;

/// <summary>
/// A small file system in memory, which can be filled: a real "No space left on device". It is mounted for one process of ours alone and reached
/// through that one's folder in /proc, so nothing is left where the tests are killed. SQLite would follow the link in /proc out of it: programs that
/// are to use it are run beside that process.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Size = "4m";
    private const int PageBytes = 4096;

    private readonly DirectoryInfo _mountPoint;
    private readonly ChildProcess _holder;

    private SmallDisk(DirectoryInfo mountPoint, ChildProcess holder) => (_mountPoint, _holder) = (mountPoint, holder);

    /// <summary>How to begin the command of a program that sees it.</summary>
    public IReadOnlyList<string> Enter => ["nsenter", "--target", $"{_holder.Id}", "--mount", .. Environment.IsPrivilegedProcess ? (string[])[] : ["--user", "--preserve-credentials"]];

    private string Filler => $"/proc/{_holder.Id}/root{_mountPoint.FullName}/filler";

    /// <summary>A file on it, as such a program sees it.</summary>
    public string this[string name] => Path.Combine(_mountPoint.FullName, name);

    /// <summary>Mounts it. Skips the test where this machine does not let us.</summary>
    public static async Task<SmallDisk> MountAsync(CancellationToken cancellationToken)
    {
        var mountPoint = Directory.CreateTempSubdirectory("millrace-disk");
        string[] unshare = Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];
        var holder = ChildProcess.Start(new ProcessStartInfo(
            "setpriv",
            [
                "--pdeathsig", "KILL", "unshare", .. unshare, "/bin/sh", "-c",
                $"mount -t tmpfs -o size={Size} tmpfs \"$1\" && echo mounted && exec sleep infinity", "sh", mountPoint.FullName,
            ])
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

        return new SmallDisk(mountPoint, holder);
    }

    /// <summary>Takes all the room there is but so many bytes.</summary>
    public void Fill(long left)
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
        await _holder.Exited;
        _mountPoint.Delete();
    }
}
