using System.Globalization;
using System.Runtime.InteropServices;

namespace Millrace.Bench.Reporting;

/// <summary>What the figures were taken on.</summary>
internal sealed record Machine(string Processor, int Cores, double MemoryGib, string System, string Runtime)
{
    public static Machine This { get; } = new(
        ReadProcessor(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Cores} cores ({Processor}), {MemoryGib:0.#} GiB, {System}, {Runtime}");

    private static string ReadProcessor()
    {
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.OSArchitecture.ToString();
    }
}
