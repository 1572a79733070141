using System.ComponentModel.DataAnnotations;
using Millrace.Contracts;
using Millrace.Contracts.Tls;
using Millrace.Worker.Configuration;
using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>Section <c>Broker</c>: RabbitMQ.</summary>
public sealed class BrokerOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Broker";

    /// <summary><c>amqp://user:password@host:port/vhost</c>, or <c>amqps</c>.</summary>
    [Required(ErrorMessage = "not set, expected amqp://user:password@host:port/vhost")]
    [AmqpUri]
    public string? Uri { get; set; }

    /// <summary>
    /// A PEM file with the certificate authority (or several) that has issued the broker's certificate. Where it is set, no other authority
    /// is trusted for <c>amqps</c>. Read for each connection, so that it can be exchanged while the worker runs.
    /// </summary>
    /// <value>Default: none, the system's authorities, which <c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c> of the environment can replace.</value>
    [CertificateFile]
    public string? CertificateAuthority { get; set; }

    /// <summary>
    /// Unacked deliveries of each model's interactive queue: the most jobs that the worker holds of it. Of a slow model it holds fewer: two
    /// batches for each session or a second of work, whichever is more, and no more than 2.5 s of work, but one job for each session.
    /// </summary>
    /// <value>Default: 512.</value>
    [Range(1, 65_535)]
    public int Prefetch { get; set; } = 512;

    /// <summary>The same for each model's bulk queue.</summary>
    /// <value>Default: 128.</value>
    [Range(1, 65_535)]
    public int BulkPrefetch { get; set; } = 128;

    /// <summary>
    /// What the bodies of a queue's unacked deliveries may have together, as far as it can be told from those before them; one job for each
    /// session is held whatever its size.
    /// </summary>
    /// <value>Default: 64 MiB.</value>
    [Range(1L, 1L << 40)]
    public long PrefetchBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Unacked deliveries of dead letters that are to get their rows.</summary>
    /// <value>Default: 32.</value>
    [Range(1, 65_535)]
    public int DeadLetterPrefetch { get; set; } = 32;

    /// <summary>How often a job is delivered before the broker takes it to the dead letters. An argument of the queues: fixed once they exist.</summary>
    /// <value>Default: 20.</value>
    [Range(1, 1_000_000)]
    public int DeliveryLimit { get; set; } = 20;

    /// <summary>AMQP heartbeat: a connection that is silent for two of them is lost.</summary>
    /// <value>Default: 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The name that the broker knows the worker's login by, where it is not the user of <see cref="Uri"/>: with OAuth 2, say. Workers write it
    /// into AMQP's <c>user_id</c>.
    /// </summary>
    /// <value>Default: the user of <see cref="Uri"/>.</value>
    [StringLength(255, MinimumLength = 1, ErrorMessage = "expected 1 to 255 characters")]
    public string? UserId { get; set; }

    /// <summary>Logins of other workers on these queues, separated by commas: what they write into the headers of a retry is believed.</summary>
    /// <value>Default: none beside the worker's own.</value>
    public string? WorkerUsers { get; set; }

    /// <summary>What the broker calls this worker's login.</summary>
    internal string Login
    {
        get
        {
            var user = UserId is null && Uri is not null ? new Uri(Uri).UserInfo.Split(':', 2)[0] : "";
            return UserId ?? (user.Length == 0 ? "guest" : System.Uri.UnescapeDataString(user));
        }
    }

    internal IReadOnlyList<string> WorkerUserList =>
        WorkerUsers?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>
    /// What is asked of the broker: half of <see cref="Heartbeat"/>. RabbitMQ's client gives a connection up after three to four heartbeats
    /// without a sign of life, and the half-open connection shall be noticed within two of ours. AMQP counts in whole seconds, and 0 is never.
    /// </summary>
    internal TimeSpan RequestedHeartbeat => TimeSpan.FromSeconds(Math.Max(1, Math.Floor(Heartbeat.TotalSeconds / 2)));

    /// <summary>The broker without the password, for messages.</summary>
    internal string Description => AmqpUri.Describe(new Uri(Uri!));

    /// <summary>
    /// Bytes. An oversized body must reach us to be rejected: the client's own, smaller limit would end the connection over it.
    /// </summary>
    internal const uint LargestBody = 512 * 1024 * 1024;

    /// <summary>A factory for connections of RabbitMQ's own client.</summary>
    internal ConnectionFactory CreateConnectionFactory(string purpose) => new()
    {
        Uri = new Uri(Uri!),
        // Behind the address, whose own idea of TLS accepts any host's certificate.
        Ssl = BrokerTls.OptionOf(new Uri(Uri!), this),
        ClientProvidedName = $"millrace-worker {purpose}",
        RequestedHeartbeat = RequestedHeartbeat,
        MaxInboundMessageBodySize = LargestBody,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };
}

/// <summary>An absolute address with the scheme <c>amqp</c> or <c>amqps</c>. The text itself is never told: it may hold a password.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AmqpUriAttribute : ValidationAttribute
{
    public AmqpUriAttribute() => ErrorMessage = "not an AMQP address, expected amqp://user:password@host:port/vhost or amqps";

    public override bool IsValid(object? value) =>
        value is null || (Uri.TryCreate(value as string, UriKind.Absolute, out var uri) && AmqpUri.IsOne(uri));
}

/// <summary>A PEM file with at least one certificate, or nothing.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CertificateFileAttribute : ValidationAttribute, IExplainedRule
{
    public override bool IsValid(object? value) => Explain(value) is null;

    public string? Explain(object? value) =>
        value is not string { Length: > 0 } path || CertificateAuthorities.TryRead(path, out _, out var problem) ? null : problem;
}
