using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Millrace.Results;
using Millrace.Worker.Broker;
using Millrace.Worker.Observability;
using Polly;
using Polly.Retry;

namespace Millrace.Worker.Resilience;

/// <summary>
/// Every retry of the worker, in one place: exponential backoff with jitter and a cap. Calls to the store and to the broker go on until the
/// cause has passed or the worker ends: what they hold is unacked and cannot be lost.
/// </summary>
internal sealed partial class RetryPipelines : IDisposable
{
    // With the delays below, about 40 s: a driver that resets its device is done by then.
    private const int DeviceAttempts = 20;

    // An outage is told once in this time; what is the matter does not change faster than a person reads.
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(1);

    private readonly IResultStore _store;
    private readonly bool _servesCommand;
    private readonly TimeProvider _time;
    private readonly ILogger<RetryPipelines> _logger;
    private readonly LogPace _storeLog;
    private readonly WorkerMetrics? _metrics;
    private volatile bool _hasEnded;

    /// <param name="store">Says what its failures mean.</param>
    /// <param name="time">Counts the delays.</param>
    /// <param name="logger">Told of failures.</param>
    /// <param name="metrics">Counts the store's failures; null for nobody.</param>
    /// <param name="servesCommand">
    /// Whether a command waits for the jobs, such as <c>millrace score</c>, and not a service: it ends, with the reason, where a person must
    /// act, and its run is taken up again later.
    /// </param>
    public RetryPipelines(
        IResultStore store, TimeProvider time, ILogger<RetryPipelines> logger, WorkerMetrics? metrics = null, bool servesCommand = false)
    {
        _metrics = metrics;
        (_store, _time, _logger, _servesCommand) = (store, time, logger, servesCommand);
        _storeLog = new LogPace(time, s_logInterval);
        var attempts = servesCommand ? StoreRetries.AttemptsOfCommand : StoreRetries.UnexplainedAttempts;
        StoreCheck = New().AddRetry(OfStore(kind => kind != StoreFaultKind.Setup)).Build();
        Store = servesCommand
            ? New().AddRetry(OfStore(IsWaitedOut)).AddRetry(OfStore(kind => !IsWaitedOut(kind), attempts)).Build()
            : New().AddRetry(OfStore(_ => true)).Build();
        // The inner one counts from the start again after whatever is waited out.
        Commit = New().AddRetry(OfStore(IsWaitedOut)).AddRetry(OfStore(kind => kind != StoreFaultKind.Data && !IsWaitedOut(kind), attempts)).Build();
        CommitOnce = New().AddRetry(OfStore(IsWaitedOut)).Build();
        Broker = New().AddRetry(Of("the broker", BrokerFaults.IsTransient)).Build();
        Device = New().AddRetry(Of("the device", fault => fault is OnnxRuntimeException, DeviceAttempts)).Build();
    }

    /// <summary>The check of the store at the start: what only a change of the configuration can mend fails it at once.</summary>
    public ResiliencePipeline StoreCheck { get; }

    /// <summary>
    /// Calls to the store: every failure is tried again. Once the check has passed, a right that is taken away or a certificate that runs out is
    /// the operator's doing and will pass; jobs that were given up for it would end as dead letters.
    /// </summary>
    public ResiliencePipeline Store { get; }

    /// <summary>
    /// Commits: every failure is tried again but those that may be about a row. <see cref="StoreFaultKind.Data"/> fails it at once,
    /// <see cref="StoreFaultKind.Unexplained"/> after <see cref="StoreRetries.UnexplainedAttempts"/> in a row.
    /// </summary>
    public ResiliencePipeline Commit { get; }

    /// <summary>Commits of parts, in the search for the row that they fail for: <see cref="StoreFaultKind.Unexplained"/> fails it at once too.</summary>
    public ResiliencePipeline CommitOnce { get; }

    /// <summary>Connecting to the broker.</summary>
    public ResiliencePipeline Broker { get; }

    /// <summary>
    /// Opening a session anew on a device that may have to come back first. The one that gives up: some faults stay with the process
    /// until it ends, and then it must.
    /// </summary>
    public ResiliencePipeline Device { get; }

    /// <summary>What a failure of the store is about.</summary>
    public StoreFault Explain(Exception fault) => _store.Explain(fault);

    /// <summary>The error that ends the worker, where a failure of the store is not waited out any longer; null where it is, or is a row's.</summary>
    public StoreFailedException? EndOf(Exception fault)
    {
        var explained = _store.Explain(fault);
        return _hasEnded || (_servesCommand && explained.Kind != StoreFaultKind.Data) ? new StoreFailedException(explained, fault) : null;
    }

    /// <summary>Lets calls to the store fail from now on instead of being tried again: nobody waits for what they would do.</summary>
    public void End() => _hasEnded = true;

    /// <inheritdoc/>
    public void Dispose() => End();

    private bool IsWaitedOut(StoreFaultKind kind) => StoreRetries.IsWaitedOut(kind, _servesCommand);

    private ResiliencePipelineBuilder New() => new() { TimeProvider = _time };

    private RetryStrategyOptions OfStore(Func<StoreFaultKind, bool> isTriedAgain, int maxRetries = int.MaxValue)
    {
        var what = $"the store ({_store.Description})";
        var options = New(maxRetries);
        options.ShouldHandle = arguments => ValueTask.FromResult(
            arguments.Outcome.Exception is { } fault
            && !_hasEnded
            && !arguments.Context.CancellationToken.IsCancellationRequested
            && isTriedAgain(_store.Explain(fault).Kind));
        options.OnRetry = arguments =>
        {
            var fault = _store.Explain(arguments.Outcome.Exception!);
            _metrics?.StoreFailed(fault.Kind);
            if (_storeLog.TryTake(out var heldBack))
            {
                LogStoreRetry(what, arguments.AttemptNumber + 1, fault.Reason, arguments.RetryDelay, heldBack);
            }

            return ValueTask.CompletedTask;
        };
        return options;
    }

    private RetryStrategyOptions Of(string what, Func<Exception, bool> isTransient, int maxRetries = int.MaxValue)
    {
        var options = New(maxRetries);
        options.ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } fault && isTransient(fault));
        options.OnRetry = arguments =>
        {
            LogRetry(what, arguments.AttemptNumber + 1, arguments.Outcome.Exception!.GetBaseException().Message, arguments.RetryDelay);
            return ValueTask.CompletedTask;
        };
        return options;
    }

    private static RetryStrategyOptions New(int maxRetries) => new()
    {
        MaxRetryAttempts = maxRetries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(50),
        MaxDelay = TimeSpan.FromSeconds(3),
    };

    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "A call to {What} failed, attempt {Attempt}: {Reason}. The next one in {Delay}")]
    private partial void LogRetry(string what, int attempt, string reason, TimeSpan delay);

    [LoggerMessage(
        EventId = 401,
        Level = LogLevel.Warning,
        Message = "A call to {What} failed, attempt {Attempt}: {Reason}. The next one in {Delay}; {HeldBack} more such failure(s) since the last line")]
    private partial void LogStoreRetry(string what, int attempt, string reason, TimeSpan delay, long heldBack);
}
