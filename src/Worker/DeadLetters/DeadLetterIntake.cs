using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Broker;

namespace Millrace.Worker.DeadLetters;

/// <summary>Consumes the dead letters that are to get rows, by a receive endpoint of MassTransit's: they are few (docs/adr/0001).</summary>
internal sealed class DeadLetterIntake(IOptions<BrokerOptions> options, DeadLetterFilter filter, ILoggerFactory loggers) : IHostedService
{
    private readonly IBusControl _bus = Create(options.Value, filter, loggers);

    public Task StartAsync(CancellationToken cancellationToken) => _bus.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _bus.StopAsync(cancellationToken);

    private static IBusControl Create(BrokerOptions options, DeadLetterFilter filter, ILoggerFactory loggers)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
        return Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            Connect(bus, options);
            bus.ReceiveEndpoint(BrokerNames.DeadLetterRows, endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                endpoint.PublishFaults = false;
                endpoint.PrefetchCount = options.DeadLetterPrefetch;
                // BrokerGate has declared it: here the arguments only have to be the same.
                foreach (var (name, value) in BrokerTopology.DeadLetterRowsArguments)
                {
                    endpoint.SetQueueArgument(name, value!);
                }

                // What leaves the filter as an exception goes back to the queue: it happens when the worker ends before the job does.
                endpoint.RethrowFaultedMessages();
                endpoint.ConfigureReceive(pipe => pipe.UseFilter(filter));
            });
        });
    }

    private static void Connect(IRabbitMqBusFactoryConfigurator bus, BrokerOptions options)
    {
        var uri = new Uri(options.Uri!);
        var credentials = uri.UserInfo.Split(':', 2);
        var virtualHost = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        bus.Host(uri.Host, (ushort)AmqpUri.PortOf(uri), virtualHost.Length == 0 ? "/" : virtualHost, "millrace-worker dead letters", host =>
        {
            host.Username(credentials[0].Length == 0 ? "guest" : Uri.UnescapeDataString(credentials[0]));
            host.Password(credentials.Length < 2 ? "guest" : Uri.UnescapeDataString(credentials[1]));
            host.Heartbeat(options.RequestedHeartbeat);
            host.MaxMessageSize(BrokerOptions.LargestBody);
            BrokerTls.Secure(host, uri, options);
        });
    }
}
