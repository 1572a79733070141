using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Millrace.Results;
using Polly;
using Polly.Retry;

namespace Millrace.Worker.Resilience;

/// <summary>
/// Every retry of the worker, in one place: exponential backoff with jitter and a cap, for causes that pass by themselves. They go on
/// until the cause has passed or the worker ends: what they hold is unacked and cannot be lost.
/// </summary>
internal sealed partial class RetryPipelines
{
    // With the delays below, about 40 s: a driver that resets its device is done by then.
    private const int DeviceAttempts = 20;

    private readonly ILogger<RetryPipelines> _logger;

    public RetryPipelines(IResultStore store, TimeProvider time, ILogger<RetryPipelines> logger)
    {
        _logger = logger;
        StoreCheck = Create(time, store.IsTransient, $"the store ({store.Description})");
        // Once the check has passed, a right that is taken away or a table that a migration holds is the operator's doing and will pass:
        // jobs that were given up for it would end as dead letters.
        Store = Create(time, fault => fault is StoreSchemaException || store.IsTransient(fault), $"the store ({store.Description})");
        Broker = Create(
            time,
            BrokerFaults.IsTransient,
            "the broker");
        Device = Create(time, fault => fault is OnnxRuntimeException, "the device", DeviceAttempts);
    }

    /// <summary>The check of the store at the start, which a wrong schema or a missing right fails at once.</summary>
    public ResiliencePipeline StoreCheck { get; }

    /// <summary>Calls to the store.</summary>
    public ResiliencePipeline Store { get; }

    /// <summary>Connecting to the broker.</summary>
    public ResiliencePipeline Broker { get; }

    /// <summary>
    /// Opening a session anew on a device that may have to come back first. The one that gives up: some faults stay with the process
    /// until it ends, and then it must.
    /// </summary>
    public ResiliencePipeline Device { get; }

    private ResiliencePipeline Create(TimeProvider time, Func<Exception, bool> isTransient, string what, int maxRetries = int.MaxValue) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } fault && isTransient(fault)),
                MaxRetryAttempts = maxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(50),
                MaxDelay = TimeSpan.FromSeconds(3),
                OnRetry = arguments =>
                {
                    LogRetry(what, arguments.AttemptNumber + 1, arguments.Outcome.Exception!.GetBaseException().Message, arguments.RetryDelay);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "A call to {What} failed, attempt {Attempt}: {Reason}. The next one in {Delay}")]
    private partial void LogRetry(string what, int attempt, string reason, TimeSpan delay);
}
