using System.ComponentModel.DataAnnotations;
using Millrace.Contracts.Wire;
using Millrace.Results;

namespace Millrace.Worker.Jobs;

/// <summary>Section <c>Limits</c>: what a job may be at most.</summary>
public sealed class LimitsOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Limits";

    /// <summary>Bytes of a body.</summary>
    /// <value>Default: 4 MiB.</value>
    [Range(1024, WireLimits.HighestMaxPayloadBytes)]
    public int MaxPayloadBytes { get; set; } = WireLimits.DefaultMaxPayloadBytes;

    /// <summary>Dimensions of a shape.</summary>
    /// <value>Default: 8.</value>
    [Range(1, WireLimits.HighestMaxRank)]
    public int MaxRank { get; set; } = WireLimits.DefaultMaxRank;

    /// <summary>Nesting of JSON.</summary>
    /// <value>Default: 16.</value>
    [Range(4, WireLimits.HighestMaxJsonDepth)]
    public int MaxJsonDepth { get; set; } = WireLimits.DefaultMaxJsonDepth;

    /// <summary>Rows of one job.</summary>
    /// <value>Default: 65,536.</value>
    [Range(1, 16 * 1024 * 1024)]
    public int MaxRows { get; set; } = 65_536;

    /// <summary>
    /// Bytes of one job's outputs, in the protocol's binary layout. Postgres takes seconds to read the JSON of much more than the default,
    /// and the rows that commit with it wait.
    /// </summary>
    /// <value>Default: 8 MiB.</value>
    [Range(1024, 128 * 1024 * 1024)]
    public int MaxOutputBytes { get; set; } = Storability.MaxOutputBytes;
}
