namespace Millrace.Bench.Measures;

/// <summary>What figures are of; the unit is behind the comma.</summary>
internal static class Quantity
{
    public const string Jobs = "rate, jobs/s";
    public const string Rows = "rate, rows/s";
    public const string P50 = "latency p50, ms";
    public const string P99 = "latency p99, ms";
    public const string P999 = "latency p99.9, ms";
    public const string ContenderCpu = "CPU of the contender, µs/job";
    public const string BrokerCpu = "CPU of the broker, µs/job";
    public const string StoreCpu = "CPU of Postgres, µs/job";
    public const string LoadCpu = "CPU of the load client, µs/job";
    public const string Allocated = "managed memory allocated, B/job";
    public const string Resident = "resident memory, MiB";
    public const string ResidentAtEnd = "resident memory at its end, MiB";

    /// <summary>The parts of a job's CPU time, in the order of its way.</summary>
    public static IReadOnlyList<string> Cpu { get; } = [LoadCpu, BrokerCpu, ContenderCpu, StoreCpu];
}
