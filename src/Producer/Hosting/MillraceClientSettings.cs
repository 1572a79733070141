namespace Millrace.Producer.Hosting;

/// <summary>
/// How a host's client reaches a worker: the section <c>Millrace:Client</c> of the configuration, then <c>Millrace:Client:NAME</c>, then the
/// connection string <c>ConnectionStrings:NAME</c>, then what the program sets; each over the one before.
/// </summary>
public sealed class MillraceClientSettings
{
    /// <summary>The broker: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS.</summary>
    /// <value>Default: none; the host does not start without.</value>
    public string? ConnectionString { get; set; }

    /// <inheritdoc cref="MillraceClientOptions.CertificateAuthority"/>
    public string? CertificateAuthority { get; set; }

    /// <inheritdoc cref="MillraceClientOptions.MaxInFlight"/>
    public int MaxInFlight { get; set; } = 512;

    /// <inheritdoc cref="MillraceClientOptions.Timeout"/>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="MillraceClientOptions.ConnectTimeout"/>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the client has no health check.</summary>
    /// <value>Default: false.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>What of the configuration could not be read: told with what validation finds.</summary>
    internal List<string> Unreadable { get; } = [];

    /// <summary>The client's options.</summary>
    /// <param name="broker">The address that <see cref="ConnectionString"/> is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="connectionChanged">Told of losses and returns.</param>
    internal MillraceClientOptions ToOptions(Uri? broker, TimeProvider time, Action<BrokerConnectionException?>? connectionChanged) => new()
    {
        Broker = broker,
        CertificateAuthority = CertificateAuthority,
        MaxInFlight = MaxInFlight,
        Timeout = Timeout,
        ConnectTimeout = ConnectTimeout,
        OnConnectionChanged = connectionChanged,
        TimeProvider = time,
    };
}
