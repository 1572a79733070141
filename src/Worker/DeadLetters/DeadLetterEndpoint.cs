using MassTransit;
using Millrace.Contracts;
using Millrace.Worker.Intake;

namespace Millrace.Worker.DeadLetters;

/// <summary>The receive endpoint of the dead letters that are to get rows (<see cref="BrokerTopology"/>).</summary>
internal static class DeadLetterEndpoint
{
    /// <summary>Consumes them.</summary>
    public static void Receive(IRabbitMqBusFactoryConfigurator bus, BrokerOptions options, DeadLetterConsumer consumer) =>
        bus.ReceiveEndpoint(BrokerNames.DeadLetterRows, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = options.DeadLetterPrefetch;
            foreach (var (name, value) in BrokerTopology.DeadLetterRowsArguments)
            {
                endpoint.SetQueueArgument(name, value!);
            }

            endpoint.RethrowFaultedMessages();
            endpoint.ConfigureReceive(pipe => pipe.UseFilter(new DeadLetterFilter(consumer)));
        });
}
