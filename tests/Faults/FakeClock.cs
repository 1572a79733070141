using System.Globalization;
using Millrace.LocalServices;

namespace Millrace.Faults;

/// <summary>
/// The wall clock of some workers alone, which can be set (libfaketime, preloaded). Their monotonic clock goes on as it did, as that of a
/// machine does whose clock is set.
/// </summary>
internal sealed class FakeClock : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-clock");
    private readonly List<int> _workers = [];
    private readonly string _library;

    private FakeClock(string library)
    {
        _library = library;
        Set(TimeSpan.Zero);
    }

    /// <summary>Settings of the workers that live by it.</summary>
    public (string Key, string Value)[] Settings =>
    [
        ("LD_PRELOAD", _library),
        ("FAKETIME_TIMESTAMP_FILE", File),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];

    private string File => Path.Combine(_folder.FullName, "offset");

    /// <summary>Makes one. Skips the test where libfaketime is not installed.</summary>
    public static FakeClock Create()
    {
        var library = new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }
            .Where(Directory.Exists)
            .SelectMany(root => new[] { root }.Concat(Directory.GetDirectories(root, "*-linux-gnu*")))
            .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1"))
            .FirstOrDefault(System.IO.File.Exists);
        Assert.SkipWhen(library is null, "libfaketime, which sets a process's clock, is not installed here (Debian: apt-get install faketime).");
        return new FakeClock(library);
    }

    /// <summary>Takes away at the end what libfaketime leaves of a worker, and trips over where another process gets its id.</summary>
    public void CleanUpAfter(LocalWorker worker) => _workers.Add(worker.ProcessId);

    /// <summary>Sets the clock to be so much ahead of the machine's.</summary>
    public void Set(TimeSpan ahead)
    {
        // In one step: it is read at every look at the clock.
        var next = File + ".next";
        System.IO.File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{ahead.TotalSeconds:+0;-0}\n"));
        System.IO.File.Move(next, File, overwrite: true);
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            System.IO.File.Delete($"/dev/shm/faketime_shm_{worker}");
            System.IO.File.Delete($"/dev/shm/sem.faketime_sem_{worker}");
        }

        _folder.Delete(recursive: true);
    }
}
