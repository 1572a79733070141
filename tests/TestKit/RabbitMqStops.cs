using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>What only tests and benchmarks do to a broker of their own: stop, kill and start it again, and watch it.</summary>
public static class RabbitMqStops
{
    /// <summary>Stops the broker in order; queues and persistent messages stay for <see cref="StartAgainAsync"/>.</summary>
    public static Task StopAsync(this LocalRabbitMq broker) => broker.Server.StopAsync(Signals.Terminate);

    /// <summary>Kills the broker (SIGKILL), as in a crash.</summary>
    /// <remarks>
    /// RabbitMQ 3.10 takes note of a new quorum queue on disk a second or so after it was declared: one that is younger has no leader
    /// after a kill, and every call on it times out. Stop the broker in order once, or wait, before a kill that queues shall survive.
    /// </remarks>
    public static Task KillAsync(this LocalRabbitMq broker) => broker.Server.StopAsync(Signals.Kill);

    /// <summary>Starts the ended broker on the same ports and data.</summary>
    /// <exception cref="LocalServiceException">The broker gave up.</exception>
    public static async Task StartAgainAsync(this LocalRabbitMq broker, CancellationToken cancellationToken)
    {
        if (!await broker.Server.TryRunAsync(cancellationToken))
        {
            throw new LocalServiceException($"RabbitMQ ended at once. {broker.Server.Broker.LogTail()}");
        }
    }

    /// <summary>Runs <c>rabbitmqctl</c> on the broker, which takes seconds: it starts an Erlang of its own.</summary>
    /// <param name="broker">The broker.</param>
    /// <param name="arguments">Such as <c>set_disk_free_limit 200MB</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LocalServiceException">It failed; the message has what it wrote to stderr.</exception>
    public static Task ControlAsync(this LocalRabbitMq broker, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var control = broker.Server.Control(arguments);
        return Commands.RunAsync(control.Path, control.Arguments, cancellationToken, control.SetEnvironment);
    }

    /// <summary>CPU time of the broker's processes so far.</summary>
    public static TimeSpan ProcessorTime(this LocalRabbitMq broker) => ProcessTree.ProcessorTime(broker.Server.Broker.Id);
}
