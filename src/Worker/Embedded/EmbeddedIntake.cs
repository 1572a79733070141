using System.Collections.Concurrent;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;

namespace Millrace.Worker.Embedded;

/// <summary>Consumes every served model's two queues from MassTransit's in-memory transport.</summary>
internal sealed class EmbeddedIntake(EmbeddedWorkerOptions options, ModelCatalog catalog, JobConsumer consumer, ILoggerFactory loggers)
    : IHostedService
{
    /// <summary>Stands for the embedding process in <c>reply_to</c>.</summary>
    public const string ReplyQueue = "embedded";

    private readonly IBusControl _bus = Create(options, catalog, consumer, loggers);
    private readonly ConcurrentDictionary<(string Model, Lane Lane), Task<ISendEndpoint>> _endpoints = new();

    public Task<ISendEndpoint> EndpointAsync(string model, Lane lane) => catalog.Names.Contains(model)
        ? _endpoints.GetOrAdd((model, lane), key => _bus.GetSendEndpoint(new Uri("queue:" + BrokerNames.Queue(key.Model, key.Lane))))
        : throw new UnroutableModelException(model, catalog.Names);

    public Task StartAsync(CancellationToken cancellationToken) => _bus.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _bus.StopAsync(cancellationToken);

    private static IBusControl Create(EmbeddedWorkerOptions options, ModelCatalog catalog, JobConsumer consumer, ILoggerFactory loggers)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
        return Bus.Factory.CreateUsingInMemory(bus =>
        {
            foreach (var model in catalog.Names)
            {
                Receive(bus, options, consumer, model, Lane.Interactive);
                Receive(bus, options, consumer, model, Lane.Bulk);
            }
        });
    }

    private static void Receive(IInMemoryBusFactoryConfigurator bus, EmbeddedWorkerOptions options, JobConsumer consumer, string model, Lane lane) =>
        bus.ReceiveEndpoint(BrokerNames.Queue(model, lane), endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = options.Prefetch;
            endpoint.ConcurrentMessageLimit = options.Prefetch;
            endpoint.RethrowFaultedMessages();
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new EmbeddedFilter(consumer, model, lane)));
        });
}
