namespace Millrace.LocalServices;

/// <summary>
/// A RabbitMQ broker of our own, on loopback ports, made from this machine's programs. It ends when this is disposed, and when this
/// process ends in whatever way.
/// </summary>
public sealed class LocalRabbitMq : IAsyncDisposable
{
    private LocalRabbitMq(RabbitMqServer server) => Server = server;

    /// <summary>How its only user, an administrator, reaches the virtual host "/". Holds a password.</summary>
    public Uri Uri => Server.Uri;

    /// <summary>The management plugin's HTTP API, with the same user; null unless <see cref="LocalRabbitMqOptions.Management"/>.</summary>
    public Uri? ManagementUri => Server.ManagementUri;

    /// <summary>The AMQP port on 127.0.0.1.</summary>
    public int Port => Server.Port;

    /// <summary>Ends when the broker has ended.</summary>
    public Task Exited => Server.Broker.Exited;

    internal RabbitMqServer Server { get; }

    /// <summary>Starts a broker and waits until it takes connections.</summary>
    /// <exception cref="LocalServiceException">The programs are missing, a port is taken or the broker gave up.</exception>
    public static async Task<LocalRabbitMq> StartAsync(LocalRabbitMqOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        Programs.RequireLauncher();
        return new LocalRabbitMq(await RabbitMqServer.StartAsync(options, cancellationToken));
    }

    /// <summary>Stops the broker; deletes its folder where it was a temporary one.</summary>
    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
