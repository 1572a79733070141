using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Producer;

/// <summary>
/// Sends jobs to Millrace and brings their replies. Safe for many callers at once; one client holds one connection, so make one and
/// keep it. A job that is repeated after a lost connection keeps its id, and so stays one job with one row.
/// </summary>
public sealed class MillraceClient : IMillraceClient, IAsyncDisposable
{
    private readonly IJobTransport _transport;
    private readonly MillraceClientOptions _options;
    private readonly SemaphoreSlim _window;

    /// <summary>A client over another transport than its own broker's.</summary>
    internal MillraceClient(IJobTransport transport, MillraceClientOptions options)
    {
        _transport = transport;
        _options = options;
        _window = new SemaphoreSlim(options.MaxInFlight);
    }

    /// <summary>Connects to the broker.</summary>
    /// <exception cref="ArgumentException">The options name none, or hold a value that is none.</exception>
    /// <exception cref="BrokerConnectionException">The broker cannot be reached, or refused us.</exception>
    public static async Task<MillraceClient> ConnectAsync(MillraceClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (ClientOptionsCheck.Problems(options).ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        }

        var address = options.Broker is { } broker
            ? BrokerAddress.TryCreate(broker) ?? throw new ArgumentException("Broker is not an amqp:// or amqps:// URI.", nameof(options))
            : throw new ArgumentException("Set Broker.", nameof(options));
        return new MillraceClient(await BrokerTransport.ConnectAsync(address, options, cancellationToken).ConfigureAwait(false), options);
    }

    /// <inheritdoc/>
    public Task<PredictionResult> PredictAsync(PredictionJob job, CancellationToken cancellationToken = default) =>
        PredictAsync(job, Lane.Interactive, cancellationToken);

    /// <inheritdoc/>
    public async Task<PredictionResult> PredictAsync(PredictionJob job, Lane lane, CancellationToken cancellationToken = default)
    {
        var outgoing = Outgoing(job, lane);
        var reply = await RequestAsync(outgoing, cancellationToken).ConfigureAwait(false);
        try
        {
            return reply.HeaderLength is { } headerLength
                ? OipFormat.ReadBinaryResult(reply.Bytes, headerLength)
                : OipFormat.ReadResult(reply.Bytes);
        }
        catch (FormatException unreadable)
        {
            throw new UnreadableReplyException(outgoing.Id, unreadable);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<PredictionResult> PredictManyAsync(
        IAsyncEnumerable<PredictionJob> jobs, PredictManyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        options ??= new PredictManyOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxInFlight, 1, nameof(options));
        return new JobWindow((job, token) => PredictAsync(job, options.Lane, token), options).RunAsync(jobs, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Guid> PublishAsync(PredictionJob job, CancellationToken cancellationToken = default) =>
        PublishAsync(job, Lane.Interactive, cancellationToken);

    /// <inheritdoc/>
    public async Task<Guid> PublishAsync(PredictionJob job, Lane lane, CancellationToken cancellationToken = default)
    {
        var outgoing = Outgoing(job, lane);
        await PublishAsync(outgoing, cancellationToken).ConfigureAwait(false);
        return outgoing.Id;
    }

    /// <summary>Ends what is under way and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync().ConfigureAwait(false);
        _window.Dispose();
    }

    /// <summary>Sends a body as it is and brings the reply as it came.</summary>
    internal async Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        using var turn = await CallTurn.TakeAsync(_window, _options, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _transport.RequestAsync(job, turn.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException ended) when (turn.TimedOut(cancellationToken))
        {
            throw Unreached(ended) ?? (Exception)new ReplyTimeoutException(job.Id, _options.Timeout);
        }
    }

    /// <summary>Sends a body as it is, and returns when it is confirmed.</summary>
    internal async Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        using var turn = await CallTurn.TakeAsync(_window, _options, cancellationToken).ConfigureAwait(false);
        try
        {
            await _transport.PublishAsync(job, turn.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException ended) when (turn.TimedOut(cancellationToken))
        {
            throw Unreached(ended) ?? (Exception)new ReplyTimeoutException(job.Id, _options.Timeout);
        }
    }

    /// <summary>The lost connection that a call ran out of time on, if it did.</summary>
    private static BrokerConnectionException? Unreached(OperationCanceledException ended) => ended.InnerException as BrokerConnectionException;

    private OutgoingJob Outgoing(PredictionJob job, Lane lane)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (string.IsNullOrEmpty(job.ModelName))
        {
            throw new ArgumentException("The job names no model.", nameof(job));
        }

        var id = job.Id ?? JobId.New(_options.TimeProvider);
        return new OutgoingJob(id, job.ModelName, lane, OipFormat.WriteBinaryJob(job.Id is null ? job with { Id = id } : job));
    }
}
