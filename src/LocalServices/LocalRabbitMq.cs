namespace Millrace.LocalServices;

/// <summary>
/// A RabbitMQ broker of our own, on loopback ports, made from this machine's programs. It ends when this is disposed, and when this
/// process ends in whatever way.
/// </summary>
public sealed class LocalRabbitMq : IAsyncDisposable
{
    private readonly RabbitMqServer _server;

    private LocalRabbitMq(RabbitMqServer server) => _server = server;

    /// <summary>How its only user, an administrator, reaches the virtual host "/". Holds a password.</summary>
    public Uri Uri => _server.Uri;

    /// <summary>The management plugin's HTTP API, with the same user; null unless <see cref="LocalRabbitMqOptions.Management"/>.</summary>
    public Uri? ManagementUri => _server.ManagementUri;

    /// <summary>The AMQP port on 127.0.0.1.</summary>
    public int Port => _server.Port;

    /// <summary>Ends when the broker has ended, be it by <see cref="StopAsync"/> or by itself.</summary>
    public Task Exited => _server.Broker.Exited;

    /// <summary>CPU time of the broker's processes so far.</summary>
    public TimeSpan ProcessorTime => _server.Broker.ProcessorTime;

    /// <summary>Starts a broker and waits until it takes connections.</summary>
    /// <exception cref="LocalServiceException">The programs are missing, a port is taken or the broker gave up.</exception>
    public static async Task<LocalRabbitMq> StartAsync(LocalRabbitMqOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        Programs.RequireLauncher();
        return new LocalRabbitMq(await RabbitMqServer.StartAsync(options, cancellationToken));
    }

    /// <summary>Stops the broker in order; queues and persistent messages stay for <see cref="StartAgainAsync"/>.</summary>
    public Task StopAsync() => _server.StopAsync(Signals.Terminate);

    /// <summary>Kills the broker (SIGKILL), as in a crash.</summary>
    /// <remarks>
    /// RabbitMQ 3.10 takes note of a new quorum queue on disk a second or so after it was declared: one that is younger has no leader
    /// after a kill, and every call on it times out. Stop the broker in order once, or wait, before a kill that queues shall survive.
    /// </remarks>
    public Task KillAsync() => _server.StopAsync(Signals.Kill);

    /// <summary>Starts the ended broker on the same ports and data.</summary>
    /// <exception cref="LocalServiceException">The broker gave up.</exception>
    public Task StartAgainAsync(CancellationToken cancellationToken) => _server.RunAsync(cancellationToken);

    /// <summary>Runs <c>rabbitmqctl</c> on the broker, which takes seconds: it starts an Erlang of its own.</summary>
    /// <param name="arguments">Such as <c>set_disk_free_limit 200MB</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LocalServiceException">It failed; the message has what it wrote to stderr.</exception>
    public Task ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        _server.ControlAsync(arguments, cancellationToken);

    /// <summary>Stops the broker; deletes its folder where it was a temporary one.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
