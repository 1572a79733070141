using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Cancelling;

/// <summary>Section <c>Cancelling</c>: requests to cancel jobs.</summary>
public sealed class CancellingOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Cancelling";

    /// <summary>How long a worker remembers that a job is to be cancelled, and how old a request may be that it learns of at its start.</summary>
    /// <value>Default: 1 day; at most 30, after which the store deletes requests.</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan RememberFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The most jobs that a worker remembers so, some 100 bytes each; it forgets the oldest requests first.</summary>
    /// <value>Default: 100,000.</value>
    [Range(1, 10_000_000)]
    public int MaxRemembered { get; set; } = 100_000;
}
