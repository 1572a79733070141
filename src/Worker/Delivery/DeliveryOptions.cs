using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Delivery;

/// <summary>Section <c>Delivery</c>: commits and replies.</summary>
public sealed class DeliveryOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Delivery";

    /// <summary>The most rows of one commit.</summary>
    /// <value>Default: 1,000.</value>
    [Range(1, 10_000)]
    public int MaxCommitRows { get; set; } = 1_000;

    /// <summary>The most commits in flight at once. One beside another begins only where 16 KiB of outputs wait for it.</summary>
    /// <value>Default: 2.</value>
    [Range(1, 16)]
    public int Commits { get; set; } = 2;

    /// <summary>AMQP channels that replies go over.</summary>
    /// <value>Default: 1.</value>
    [Range(1, 16)]
    public int ReplyChannels { get; set; } = 1;

    /// <summary>What rows call this worker.</summary>
    /// <value>Default: the machine's name and the process id.</value>
    [Required]
    [StringLength(200)]
    public string WorkerName { get; set; } = $"{Environment.MachineName}-{Environment.ProcessId}";
}
