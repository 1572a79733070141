using System.Globalization;

namespace Millrace.TestKit;

/// <summary>A process and all that it has started, as Linux's /proc tells (proc(5)).</summary>
public static class ProcessTree
{
    // USER_HZ, which Linux fixes at 100 for user space.
    private const double TicksPerSecond = 100;

    /// <summary>CPU time, user and system, of a process, of those below it and of those below it that have ended.</summary>
    public static TimeSpan ProcessorTime(int root)
    {
        var processes = Directory.EnumerateDirectories("/proc").Select(TryRead).OfType<Entry>().ToLookup(entry => entry.Parent);
        var all = processes.SelectMany(siblings => siblings).Where(entry => entry.Id == root).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            all.AddRange(processes[all[i].Id]);
        }

        return TimeSpan.FromSeconds(all.Sum(entry => entry.Ticks) / TicksPerSecond);
    }

    /// <summary>Resident memory of a process alone; 0 where it has ended.</summary>
    public static long ResidentBytes(int id)
    {
        var file = $"/proc/{id}/statm";
        return File.Exists(file) ? Number(File.ReadAllText(file).Split(' ')[1]) * Environment.SystemPageSize : 0;
    }

    private static Entry? TryRead(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            // The second field is the program's name, in parentheses, and may hold anything; the third follows the last of them.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new Entry(id, (int)Number(fields[1]), Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended since we listed it.
            return null;
        }
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    private sealed record Entry(int Id, int Parent, long Ticks);
}
