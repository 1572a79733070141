using Millrace.Worker.Jobs;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>A message as RabbitMQ has handed it over.</summary>
/// <param name="Properties">Its properties; to be read before the call that brings them returns.</param>
/// <param name="Exchange">The exchange that it came by.</param>
/// <param name="RoutingKey">With which routing key.</param>
/// <param name="Body">Its body, which stays valid until the settlement is called.</param>
/// <param name="Redelivered">Whether the broker handed it over before.</param>
/// <param name="Settlement">How it ends.</param>
internal readonly record struct RawDelivery(
    IReadOnlyBasicProperties Properties, string Exchange, string RoutingKey, ReadOnlyMemory<byte> Body, bool Redelivered, ISettlement Settlement);
