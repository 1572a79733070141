using MassTransit;
using Millrace.Contracts;
using Millrace.Worker.Intake;

namespace Millrace.Worker.DeadLetters;

/// <summary>
/// The two queues that each dead letter goes to: one keeps it for people, the other brings it to a worker, which gives the job its row.
/// </summary>
internal static class DeadLetterTopology
{
    private const string DeliveryLimit = "x-delivery-limit";

    // Looking at a dead letter is a delivery of it, and RabbitMQ 4 drops what was delivered 20 times where the queue says nothing else.
    private const int Unlimited = 1_000_000_000;

    // A row that no store takes, or a body that ends the worker, must not come back for ever. The other queue still has it then.
    private const int RowDeliveries = 100;

    /// <summary>Has a queue's dead letters go to both.</summary>
    public static void SendDeadLetters(IRabbitMqReceiveEndpointConfigurator endpoint) =>
        endpoint.BindDeadLetterQueue(BrokerNames.DeadLetters, BrokerNames.DeadLetters, dead =>
        {
            dead.SetQuorumQueue();
            dead.SetQueueArgument(DeliveryLimit, Unlimited);
        });

    /// <summary>Consumes the copies that are to get rows.</summary>
    public static void Receive(IRabbitMqBusFactoryConfigurator bus, BrokerOptions options, DeadLetterConsumer consumer) =>
        bus.ReceiveEndpoint(BrokerNames.DeadLetterRows, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = options.DeadLetterPrefetch;
            endpoint.SetQuorumQueue();
            endpoint.SetQueueArgument(DeliveryLimit, RowDeliveries);
            endpoint.Bind(BrokerNames.DeadLetters, binding => binding.ExchangeType = "fanout");
            endpoint.RethrowFaultedMessages();
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new DeadLetterFilter(consumer)));
        });
}
