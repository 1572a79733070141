using Millrace.Worker.Broker;
using Millrace.Worker.Resilience;
using RabbitMQ.Client.Exceptions;
using RabbitMQ.Client;

namespace Millrace.Worker.Sending;

/// <summary>
/// Asks the broker for callers behind direct reply-to names, on a connection of its own: RabbitMQ closes it over a name that is none, and
/// says nothing at all where the name is of a process that is no channel. For one task at a time.
/// </summary>
internal sealed class CallerCheck(OpenConnection open, RetryPipelines retries, TimeProvider time) : IDisposable
{
    // The broker answers within a millisecond or two. Past this the reply is sent without an answer.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromMilliseconds(100);

    // A connection that is lost meanwhile says nothing of the name. A name may do that too, and is not asked for without end.
    private const int MaxLosses = 3;

    private IConnection? _connection;
    private IChannel? _channel;

    /// <summary>Asks; waits while the broker is away.</summary>
    public async Task<CallerAnswer> AskAsync(string name, CancellationToken cancellationToken)
    {
        for (var losses = 0; losses < MaxLosses; losses++)
        {
            var channel = _channel is { IsOpen: true } usable ? usable : await retries.Broker.ExecuteAsync(OpenAsync, cancellationToken);
            try
            {
                await channel.QueueDeclarePassiveAsync(name, cancellationToken).WaitAsync(s_patience, time, cancellationToken);
                return CallerAnswer.Present;
            }
            catch (OperationInterruptedException fault) when (fault.ShutdownReason is { Initiator: ShutdownInitiator.Peer } reason)
            {
                switch (reason.ReplyCode)
                {
                    case Constants.NotFound:
                        return CallerAnswer.Gone;
                    case Constants.AccessRefused:
                        return CallerAnswer.Unclear;
                    case not Constants.ConnectionForced:
                        Drop();
                        return CallerAnswer.CostsChannel;
                }

                Drop();
            }
            catch (TimeoutException)
            {
                Drop();
                return CallerAnswer.Unclear;
            }
            catch (Exception fault) when (BrokerFaults.IsTransient(fault) || fault is ObjectDisposedException)
            {
                Drop();
            }
        }

        return CallerAnswer.Unclear;
    }

    public void Dispose() => Drop();

    private async ValueTask<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
            _channel = null;
        }

        if (_connection is not { IsOpen: true })
        {
            Drop();
            _connection = await open(cancellationToken);
        }

        return _channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
    }

    private void Drop()
    {
        _channel = null;
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            // Nobody waits for that: a broker that hangs in our question does not answer this either, for as long as the client has patience.
            _ = CloseAsync(connection);
        }
    }

    private static async Task CloseAsync(IConnection connection)
    {
        await connection.AbortAsync(Constants.ReplySuccess, "done", s_closeTimeout);
        await connection.DisposeAsync();
    }
}

/// <summary>What the broker says of a caller behind a direct reply-to.</summary>
internal enum CallerAnswer
{
    /// <summary>Its channel is open.</summary>
    Present,

    /// <summary>It is gone, or never was.</summary>
    Gone,

    /// <summary>The broker did not say so in time, or may not tell us.</summary>
    Unclear,

    /// <summary>The broker closed the connection over the question: that is no name of its making.</summary>
    CostsChannel,
}
