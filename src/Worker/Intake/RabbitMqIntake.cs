using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.DeadLetters;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Intake;

/// <summary>
/// Consumes every served model's two queues and the dead letters from RabbitMQ, declares what is missing of them, and stops first at the
/// end.
/// </summary>
internal sealed partial class RabbitMqIntake(
    IOptions<BrokerOptions> options,
    ModelCatalog catalog,
    JobConsumer consumer,
    DeadLetterConsumer deadLetters,
    ILoggerFactory loggers,
    ILogger<RabbitMqIntake> logger) : IHostedService
{
    private const uint LargestBody = 512 * 1024 * 1024;

    private readonly IBusControl _bus = Create(options.Value, catalog, consumer, deadLetters, loggers);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogConnecting(options.Value.Description);
        await _bus.StartAsync(cancellationToken);
        LogConsuming(options.Value.Description, catalog.Names.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _bus.StopAsync(cancellationToken);

    private static IBusControl Create(
        BrokerOptions options, ModelCatalog catalog, JobConsumer consumer, DeadLetterConsumer deadLetters, ILoggerFactory loggers)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
        return Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            Connect(bus, options);
            DeadLetterTopology.Receive(bus, options, deadLetters);
            foreach (var model in catalog.Names)
            {
                Receive(bus, options, consumer, model, Lane.Interactive, options.Prefetch);
                Receive(bus, options, consumer, model, Lane.Bulk, options.BulkPrefetch);
            }
        });
    }

    private static void Connect(IRabbitMqBusFactoryConfigurator bus, BrokerOptions options)
    {
        var uri = new Uri(options.Uri!);
        var credentials = uri.UserInfo.Split(':', 2);
        var virtualHost = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        bus.Host(uri.Host, (ushort)BrokerOptions.Port(uri), virtualHost.Length == 0 ? "/" : virtualHost, "millrace-worker intake", host =>
        {
            host.Username(credentials[0].Length == 0 ? "guest" : Uri.UnescapeDataString(credentials[0]));
            host.Password(credentials.Length < 2 ? "guest" : Uri.UnescapeDataString(credentials[1]));
            host.Heartbeat(options.Heartbeat);
            // An oversized body must reach us to be rejected: the client's own, smaller limit would end the connection over it.
            host.MaxMessageSize(LargestBody);
            if (uri.Scheme == "amqps")
            {
                host.UseSsl(ssl => ssl.ServerName = uri.Host);
            }
        });
    }

    private static void Receive(
        IRabbitMqBusFactoryConfigurator bus, BrokerOptions options, JobConsumer consumer, string model, Lane lane, int prefetch) =>
        bus.ReceiveEndpoint(BrokerNames.Queue(model, lane), endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = prefetch;
            endpoint.SetQuorumQueue();
            endpoint.SetQueueArgument("x-delivery-limit", options.DeliveryLimit);
            // A dead letter leaves this queue only when the dead-letter queue has it; that strategy wants this overflow behaviour.
            endpoint.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
            endpoint.SetQueueArgument("x-overflow", "reject-publish");
            DeadLetterTopology.SendDeadLetters(endpoint);
            endpoint.Bind(BrokerNames.Exchange, binding =>
            {
                binding.ExchangeType = "direct";
                binding.RoutingKey = BrokerNames.RoutingKey(model, lane);
            });
            // What leaves the filter as an exception goes back to the queue: it happens when the worker ends before the job does.
            endpoint.RethrowFaultedMessages();
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new ReceiveFilter(consumer, model, lane)));
        });

    [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "Connecting to the broker at {Broker}")]
    private partial void LogConnecting(string broker);

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "Ready: consuming jobs from {Broker} for {Models} model(s)")]
    private partial void LogConsuming(string broker, int models);
}
