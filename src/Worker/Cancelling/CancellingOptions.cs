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

    /// <summary>
    /// The most jobs that a worker remembers so, some 200 bytes each. Past them it forgets the oldest of who asked for the most, and looks
    /// jobs up in the store that may be among them.
    /// </summary>
    /// <value>Default: 100,000.</value>
    [Range(1, 10_000_000)]
    public int MaxRemembered { get; set; } = 100_000;

    /// <summary>How often a worker looks for requests that it was not notified of: behind a pooler in transaction mode, of all of them.</summary>
    /// <value>Default: 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(30);
}
