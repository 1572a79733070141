using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>An exchange or a queue of the worker's, durable.</summary>
internal sealed record BrokerPart
{
    private readonly string _name;
    private readonly string? _exchangeType;
    private readonly IReadOnlyDictionary<string, object?> _arguments;

    private BrokerPart(string name, string? exchangeType, IReadOnlyDictionary<string, object?> arguments) =>
        (_name, _exchangeType, _arguments) = (name, exchangeType, arguments);

    public static BrokerPart Exchange(string name, string type, IReadOnlyDictionary<string, object?>? arguments = null) =>
        new(name, type, arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal));

    public static BrokerPart Queue(string name, IReadOnlyDictionary<string, object?> arguments) => new(name, null, arguments);

    /// <summary>Asks whether there is one of that name.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">There is none (404); the channel is closed.</exception>
    public Task LookAsync(IChannel channel, CancellationToken cancellationToken) => _exchangeType is null
        ? channel.QueueDeclarePassiveAsync(_name, cancellationToken)
        : channel.ExchangeDeclarePassiveAsync(_name, cancellationToken);

    /// <summary>Makes it, or compares it with what is there.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">The broker refuses; the channel is closed.</exception>
    public Task DeclareAsync(IChannel channel, CancellationToken cancellationToken)
    {
        // The client wants one that it could change.
        var arguments = new Dictionary<string, object?>(_arguments, StringComparer.Ordinal);
        return _exchangeType is null
            ? channel.QueueDeclareAsync(_name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken)
            : channel.ExchangeDeclareAsync(_name, _exchangeType, durable: true, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }
}
