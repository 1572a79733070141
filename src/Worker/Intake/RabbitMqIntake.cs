using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.DeadLetters;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Intake;

/// <summary>Consumes every served model's two queues and the dead letters from RabbitMQ, and stops first at the end.</summary>
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
        await _bus.StartAsync(cancellationToken);
        LogConsuming(options.Value.Description, catalog.Names.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        LogStopping();
        return _bus.StopAsync(cancellationToken);
    }

    private static IBusControl Create(
        BrokerOptions options, ModelCatalog catalog, JobConsumer consumer, DeadLetterConsumer deadLetters, ILoggerFactory loggers)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
        return Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            Connect(bus, options);
            Receive(
                bus, BrokerNames.DeadLetterRows, BrokerTopology.DeadLetterRowsArguments, options.DeadLetterPrefetch, new DeadLetterFilter(deadLetters));
            var arguments = BrokerTopology.JobQueueArguments(options);
            foreach (var model in catalog.Names)
            {
                ReceiveJobs(model, Lane.Interactive, options.Prefetch);
                ReceiveJobs(model, Lane.Bulk, options.BulkPrefetch);
            }

            void ReceiveJobs(string model, Lane lane, int prefetch) =>
                Receive(bus, BrokerNames.Queue(model, lane), arguments, prefetch, new ReceiveFilter(consumer, model, lane));
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
            host.Heartbeat(options.RequestedHeartbeat);
            // An oversized body must reach us to be rejected: the client's own, smaller limit would end the connection over it.
            host.MaxMessageSize(LargestBody);
            if (uri.Scheme == "amqps")
            {
                host.UseSsl(ssl => ssl.ServerName = uri.Host);
            }
        });
    }

    private static void Receive(
        IRabbitMqBusFactoryConfigurator bus, string queue, IReadOnlyDictionary<string, object?> arguments, int prefetch, IFilter<ReceiveContext> filter) =>
        bus.ReceiveEndpoint(queue, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = prefetch;
            // BrokerGate has declared it: here the arguments only have to be the same.
            foreach (var (name, value) in arguments)
            {
                endpoint.SetQueueArgument(name, value!);
            }

            // What leaves the filter as an exception goes back to the queue: it happens when the worker ends before the job does.
            endpoint.RethrowFaultedMessages();
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(filter));
        });

    [LoggerMessage(EventId = 502, Level = LogLevel.Information, Message = "Stopping: no job is taken any more; those in flight are finished")]
    private partial void LogStopping();

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "Ready: consuming jobs from {Broker} for {Models} model(s)")]
    private partial void LogConsuming(string broker, int models);
}
