namespace Millrace.Producer;

/// <summary>How a <see cref="MillraceClient"/> reaches a worker.</summary>
public sealed record MillraceClientOptions
{
    /// <summary>The broker: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS.</summary>
    public Uri? Broker { get; init; }

    /// <summary>
    /// A PEM file with the certificate authority (or several) that has issued the broker's certificate. Where it is set, no other authority
    /// is trusted for <c>amqps://</c>.
    /// </summary>
    /// <value>Default: null, the system's authorities, which <c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c> of the environment can replace.</value>
    public string? CertificateAuthority { get; init; }

    /// <summary>Calls under way at once; a further one waits for its turn.</summary>
    /// <value>Default: 512.</value>
    public int MaxInFlight { get; init; } = 512;

    /// <summary>
    /// How long a call may take once its turn has come, reconnections and repetitions included;
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> leaves it to the caller's token.
    /// </summary>
    /// <value>Default: 30 s.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt to connect may take.</summary>
    /// <value>Default: 10 s.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Told, from any thread, when the connection to the broker is lost, with the reason, and when another one is in its place, with null. Calls
    /// under way are repeated then; without this they are only seen to take longer.
    /// </summary>
    /// <value>Default: null.</value>
    public Action<BrokerConnectionException?>? OnConnectionChanged { get; init; }

    /// <summary>The clock.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
