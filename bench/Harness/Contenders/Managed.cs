namespace Millrace.Bench.Contenders;

/// <summary>What .NET says of a contender since its start.</summary>
/// <param name="AllocatedBytes">Managed memory allocated.</param>
/// <param name="Compiling">The time that it has compiled for, on all threads.</param>
internal sealed record Managed(long AllocatedBytes, TimeSpan Compiling);
