using Polly;
using Polly.Retry;

namespace Millrace.Producer;

/// <summary>The client's retries, all of them here. Both go on until the token ends them: how long is the caller's choice.</summary>
internal static class Repetition
{
    /// <summary>Of attempts to connect: one loop for all callers, so that a broker that comes back meets one of us.</summary>
    public static ResiliencePipeline OfConnecting(TimeProvider time, Action<Exception> failed) =>
        Build(time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), failed);

    /// <summary>Of a job whose confirm or reply was lost: sent again under the same id, which makes it the same job.</summary>
    public static ResiliencePipeline OfSending(TimeProvider time) =>
        Build(time, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1), static _ => { });

    private static ResiliencePipeline Build(TimeProvider time, TimeSpan delay, TimeSpan maxDelay, Action<Exception> failed) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<BrokerConnectionException>(static failure => failure.IsTransient),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = delay,
                MaxDelay = maxDelay,
                MaxRetryAttempts = int.MaxValue,
                OnRetry = arguments =>
                {
                    failed(arguments.Outcome.Exception!);
                    return default;
                },
            })
            .Build();
}
