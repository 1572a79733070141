using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Millrace.Worker.Resilience;

/// <summary>Section <c>Retries</c>: what happens to a job that the model could not run.</summary>
public sealed class RetryOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Retries";

    /// <summary>How often such a job is tried in all, before its row says <c>failed</c>.</summary>
    /// <value>Default: 3.</value>
    [Range(1, 20)]
    public int Attempts { get; set; } = 3;

    /// <summary>
    /// The waits before the second attempt, the third and so on, separated by commas; the last one also before all later ones. Each
    /// is a queue on the broker: <c>millrace.retry.10s</c>.
    /// </summary>
    /// <value>Default: 1 s, 10 s, 60 s.</value>
    [Required]
    [RetryDelays]
    public string Delays { get; set; } = "00:00:01,00:00:10,00:01:00";

    internal IReadOnlyList<TimeSpan> DelayList =>
        [.. Delays.Split(',').Select(delay => TimeSpan.Parse(delay, CultureInfo.InvariantCulture))];
}
