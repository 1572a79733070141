using Millrace.Contracts.Wire;
using Polly;

namespace Millrace.Producer;

/// <summary>Jobs over RabbitMQ. A lost link is replaced by one loop that all callers wait for; each then sends its job again.</summary>
internal sealed class BrokerTransport : IJobTransport
{
    private readonly BrokerAddress _address;
    private readonly string? _certificateAuthority;
    private readonly TimeSpan _connectTimeout;
    private readonly Action<BrokerConnectionException?> _connectionChanged;
    private readonly ResiliencePipeline _connecting;
    private readonly ResiliencePipeline _sending;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private BrokerLink _link;
    private Task<BrokerLink>? _replacing;
    private volatile Exception? _lastFailure;

    private BrokerTransport(BrokerAddress address, MillraceClientOptions options, BrokerLink link)
    {
        _address = address;
        _certificateAuthority = options.CertificateAuthority;
        _connectTimeout = options.ConnectTimeout;
        _connectionChanged = options.OnConnectionChanged ?? (static _ => { });
        _connecting = Repetition.OfConnecting(options.TimeProvider, failure => _lastFailure = failure);
        _sending = Repetition.OfSending(options.TimeProvider);
        _link = link;
    }

    /// <summary>Connects, once: a broker that is not there at the start is told at once.</summary>
    /// <exception cref="BrokerConnectionException">It is not.</exception>
    public static async Task<BrokerTransport> ConnectAsync(
        BrokerAddress address, MillraceClientOptions options, CancellationToken cancellationToken) =>
        new(address, options, await BrokerLink.OpenAsync(address, options.CertificateAuthority, options.ConnectTimeout, cancellationToken).ConfigureAwait(false));

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

        await _link.DisposeAsync().ConfigureAwait(false);
        _disposed.Dispose();
    }

    /// <summary>Why a call that ran out of time got nowhere; null where the link was fine.</summary>
    private Exception? Obstacle() => _link.Loss is { } loss ? _lastFailure ?? loss : null;

    private ValueTask<BrokerLink> LinkAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_link.IsOpen)
            {
                return ValueTask.FromResult(_link);
            }

            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (_replacing is not { IsCompleted: false })
            {
                _replacing = ReplaceAsync(_link);
            }

            return new ValueTask<BrokerLink>(_replacing.WaitAsync(cancellationToken));
        }
    }

    private async Task<BrokerLink> ReplaceAsync(BrokerLink lost)
    {
        // Off the caller's stack: it holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await lost.DisposeAsync().ConfigureAwait(false);
        _connectionChanged(lost.Loss);
        var link = await _connecting.ExecuteAsync(
            static async (transport, cancellationToken) =>
                await BrokerLink.OpenAsync(transport._address, transport._certificateAuthority, transport._connectTimeout, cancellationToken).ConfigureAwait(false),
            this,
            _disposed.Token).ConfigureAwait(false);
        lock (_lock)
        {
            _link = link;
            _lastFailure = null;
        }

        _connectionChanged(null);
        return link;
    }
}
