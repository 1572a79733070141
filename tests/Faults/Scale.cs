using System.Globalization;

namespace Millrace.Faults;

/// <summary>How much of every fault: <c>MILLRACE_FAULTS=full</c> injects the counts of the proof, everything else a short form.</summary>
internal static class Scale
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("MILLRACE_FAULTS") == "full";

    /// <summary>The seed of every scenario of this run, where <c>MILLRACE_FAULTS_SEED</c> repeats one; null for a new one each.</summary>
    public static int? Seed { get; } =
        Environment.GetEnvironmentVariable("MILLRACE_FAULTS_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : null;

    public static int Of(int @short, int full) => IsFull ? full : @short;
}
