using Millrace.Contracts.Wire;
using Polly;

namespace Millrace.Producer;

/// <summary>Jobs over RabbitMQ. A lost link is replaced by one loop that all callers wait for; each then sends its job again.</summary>
internal sealed class BrokerTransport : IJobTransport
{
    private readonly BrokerAddress _address;
    private readonly string? _certificateAuthority;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider _time;
    private readonly bool _staysConnected;
    private readonly Action<BrokerConnectionException?> _connectionChanged;
    private readonly ResiliencePipeline _connecting;
    private readonly ResiliencePipeline _sending;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private BrokerLink? _link;
    private Task<BrokerLink>? _replacing;
    private volatile Exception? _lastFailure;
    private volatile ConnectionState _state;

    private BrokerTransport(BrokerAddress address, MillraceClientOptions options, BrokerLink? link)
    {
        _address = address;
        _certificateAuthority = options.CertificateAuthority;
        _connectTimeout = options.ConnectTimeout;
        _connectionChanged = options.OnConnectionChanged ?? (static _ => { });
        _time = options.TimeProvider;
        _connecting = Repetition.OfConnecting(_time, Failed);
        _sending = Repetition.OfSending(_time);
        _link = link;
        _staysConnected = link is null;
        _state = new ConnectionState(link is not null, _time.GetUtcNow(), Reason: null);
    }

    /// <summary>Whether there is a connection now, and since when.</summary>
    public ConnectionState State => _state is { IsConnected: true } && _link is { Loss: { } loss }
        ? new ConnectionState(IsConnected: false, _time.GetUtcNow(), loss)
        : _state;

    /// <summary>Connects, once: a broker that is not there at the start is told at once.</summary>
    /// <exception cref="BrokerConnectionException">It is not.</exception>
    public static async Task<BrokerTransport> ConnectAsync(
        BrokerAddress address, MillraceClientOptions options, CancellationToken cancellationToken) =>
        new(address, options, await BrokerLink.OpenAsync(address, options.CertificateAuthority, options.ConnectTimeout, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Begins to connect, and returns at once. A broker that is away is waited for by the calls, and a lost connection is replaced at once, not
    /// at the next call: for a client that lives as long as its host.
    /// </summary>
    public static BrokerTransport Start(BrokerAddress address, MillraceClientOptions options)
    {
        var transport = new BrokerTransport(address, options, link: null);
        transport.Connect();
        return transport;
    }

    /// <summary>Begins to connect where there is no connection, and returns at once; <see cref="State"/> tells what came of it.</summary>
    public void Connect()
    {
        lock (_lock)
        {
            if (_link is not { IsOpen: true } && !_disposed.IsCancellationRequested)
            {
                _ = ReplacingLocked();
            }
        }
    }

    /// <inheritdoc/>
    public async Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        try
        {
            return await _sending.ExecuteAsync(
                static async (call, cancellationToken) =>
                {
                    var link = await call.Transport.LinkAsync(cancellationToken).ConfigureAwait(false);
                    return await link.RequestAsync(call.Job, cancellationToken).ConfigureAwait(false);
                },
                (Transport: this, Job: job),
                cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (Obstacle() is { } obstacle)
        {
            throw new OperationCanceledException(cancelled.Message, obstacle, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        try
        {
            await _sending.ExecuteAsync(
                static async (call, cancellationToken) =>
                {
                    var link = await call.Transport.LinkAsync(cancellationToken).ConfigureAwait(false);
                    await link.PublishAsync(call.Job, cancellationToken).ConfigureAwait(false);
                },
                (Transport: this, Job: job),
                cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            var obstacle = Obstacle() ?? new BrokerConnectionException(
                _address, $"has not confirmed job {job.Id}: it may be short of memory or disk. The job may have been sent.", isTransient: true)
            {
                IsLate = true,
            };
            throw new OperationCanceledException(cancelled.Message, obstacle, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<BrokerLink>? replacing;
        lock (_lock)
        {
            if (_disposed.IsCancellationRequested)
            {
                return;
            }

            _disposed.Cancel();
            replacing = _replacing;
        }

        if (replacing is not null)
        {
            await replacing.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        }

        if (_link is { } link)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }

        _disposed.Dispose();
    }

    /// <summary>Why a call that ran out of time got nowhere; null where the link was fine.</summary>
    private Exception? Obstacle() => _link switch
    {
        null => _lastFailure ?? new BrokerConnectionException(_address, "has not answered yet.", isTransient: true),
        { Loss: { } loss } => _lastFailure ?? loss,
        _ => null,
    };

    private ValueTask<BrokerLink> LinkAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_link is { IsOpen: true })
            {
                return ValueTask.FromResult(_link);
            }

            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            return new ValueTask<BrokerLink>(ReplacingLocked().WaitAsync(cancellationToken));
        }
    }

    private Task<BrokerLink> ReplacingLocked()
    {
        if (_replacing is not { IsCompleted: false })
        {
            _replacing = ReplaceAsync(_link);
            // Where no call waits for it, State and OnConnectionChanged have told how it ended: the exception counts as seen.
            _ = _replacing.ContinueWith(
                static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return _replacing;
    }

    private async Task<BrokerLink> ReplaceAsync(BrokerLink? lost)
    {
        // Off the caller's stack: it holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (lost is not null)
        {
            await lost.DisposeAsync().ConfigureAwait(false);
            // Else it was told by an earlier attempt to replace the same link.
            if (_state.IsConnected)
            {
                _state = new ConnectionState(IsConnected: false, _time.GetUtcNow(), lost.Loss);
                _connectionChanged(lost.Loss);
            }
        }

        BrokerLink link;
        try
        {
            link = await _connecting.ExecuteAsync(
                static async (transport, cancellationToken) =>
                    await BrokerLink.OpenAsync(transport._address, transport._certificateAuthority, transport._connectTimeout, cancellationToken).ConfigureAwait(false),
                this,
                _disposed.Token).ConfigureAwait(false);
        }
        catch (BrokerConnectionException failure)
        {
            Failed(failure);
            throw;
        }

        lock (_lock)
        {
            _link = link;
            _lastFailure = null;
        }

        _state = new ConnectionState(IsConnected: true, _time.GetUtcNow(), Reason: null);
        _connectionChanged(null);
        if (_staysConnected)
        {
            // It cannot fail: Connect only begins.
            _ = ReconnectAfterAsync(link);
        }

        return link;
    }

    private async Task ReconnectAfterAsync(BrokerLink link)
    {
        await link.Lost.ConfigureAwait(false);
        Connect();
    }

    /// <summary>An attempt to connect has failed. Without a call that would tell of it, it is told, and each reason once.</summary>
    private void Failed(Exception failure)
    {
        _lastFailure = failure;
        var before = _state;
        _state = before with { Reason = failure };
        if (_staysConnected && before.Reason?.Message != failure.Message && failure is BrokerConnectionException reason)
        {
            _connectionChanged(reason);
        }
    }
}
