using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Millrace.Worker.Retries;

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

    /// <summary>
    /// How long a job waits for a worker that has the model version it names, where this one serves the model without it; then it is rejected
    /// with <c>model_version_not_found</c>. It goes back to the queue every 1 to 5 s, counted in these waits and not by a clock. 0 rejects at once.
    /// </summary>
    /// <value>Default: 20 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan VersionWait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How far a queue of delayed retries may be behind its delay before that is an alarm; and how often a probe is sent through each to know.
    /// </summary>
    /// <value>Default: 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan AlarmAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Every delay that the broker needs a queue for.</summary>
    internal IReadOnlyList<TimeSpan> QueueDelays =>
        VersionWait > TimeSpan.Zero ? [.. DelayList.Union(Jobs.VersionWait.Delays)] : [.. DelayList.Distinct()];

    internal IReadOnlyList<TimeSpan> DelayList =>
        [.. Delays.Split(',').Select(delay => TimeSpan.Parse(delay, CultureInfo.InvariantCulture))];
}
