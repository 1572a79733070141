using Microsoft.Extensions.Options;

namespace Millrace.Worker.Broker;

/// <summary>
/// By whom the headers that workers write are believed. A worker says in AMQP's <c>user_id</c> who it is, and the broker takes no message whose
/// <c>user_id</c> is another than its connection's (https://www.rabbitmq.com/docs/validated-user-id).
/// </summary>
internal sealed class WorkerLogins(IOptions<BrokerOptions> options)
{
    private readonly HashSet<string> _workers = new([options.Value.Login, .. options.Value.WorkerUserList], StringComparer.Ordinal);

    /// <summary>This worker's own login.</summary>
    public string Own { get; } = options.Value.Login;

    /// <summary>Whether the message was published by a worker.</summary>
    public bool IsWorker(string? userId) => userId is not null && _workers.Contains(userId);
}
