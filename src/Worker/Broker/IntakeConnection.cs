using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>A connection that queues are consumed on, each by a channel of its own. Opened anew once it is lost.</summary>
internal sealed class IntakeConnection(BrokerOptions options, string purpose) : IAsyncDisposable
{
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1);
    private IConnection? _connection;

    /// <exception cref="RabbitMQ.Client.Exceptions.BrokerUnreachableException">There is no broker, or it refuses the user.</exception>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">The broker closes the connection.</exception>
    public async Task<IChannel> OpenChannelAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: false } lost)
            {
                _connection = null;
                await lost.DisposeAsync();
            }

            _connection ??= await options.CreateConnectionFactory(purpose).CreateConnectionAsync(cancellationToken);
            return await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            // A broker that does not answer any more must not hold the end up.
            await _connection.AbortAsync(Constants.ReplySuccess, "the worker ends", s_closeTimeout);
            await _connection.DisposeAsync();
        }

        _gate.Dispose();
    }
}
