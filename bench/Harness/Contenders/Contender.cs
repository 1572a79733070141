using System.Diagnostics;
using Millrace.Bench.Workloads;

namespace Millrace.Bench.Contenders;

/// <summary>A program that does the work, or several processes of it.</summary>
internal sealed record Contender
{
    /// <summary>What the command line and the results call it.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it.</summary>
    public required string Title { get; init; }

    /// <summary>What starts one of its processes for models.</summary>
    public required Func<Site, ServedModels, ProcessStartInfo> Command { get; init; }

    /// <summary>Which line of its output says that it consumes jobs.</summary>
    public Func<string, bool> IsReady { get; init; } = line => line == "ready";

    /// <summary>Why it cannot be started here; null where it can.</summary>
    public required Func<string?> Obstacle { get; init; }

    /// <summary>Where its rows are.</summary>
    public ResultsTable Table { get; init; } = ResultsTable.Plain;

    /// <summary>Whether it runs on .NET, so that its allocations can be told.</summary>
    public bool IsManaged { get; init; } = true;

    /// <summary>Whether it is Millrace in some form, which has lanes and reads MassTransit's envelopes.</summary>
    public bool IsMillrace { get; init; }

    /// <summary>How many processes.</summary>
    public int Processes { get; init; } = 1;
}
