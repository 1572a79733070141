using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>Opens a connection to the broker, one that does not recover by itself.</summary>
internal delegate Task<IConnection> OpenConnection(CancellationToken cancellationToken);
