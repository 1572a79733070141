using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Batching;

/// <summary>Section <c>Stop</c>: the worker's end in order. It takes 25 s at most, whatever is set here.</summary>
public sealed class StopOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Stop";

    /// <summary>
    /// How long batches that run when the worker is told to stop may go on. Then they are stopped between two nodes of their graph, and
    /// their jobs go back to the broker.
    /// </summary>
    /// <value>Default: 10 s; at most 12, which leaves time to commit what has run.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:12")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);
}
