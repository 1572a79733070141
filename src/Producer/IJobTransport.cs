using Millrace.Contracts.Wire;

namespace Millrace.Producer;

/// <summary>What carries jobs to a worker: a broker, or the caller's own process.</summary>
internal interface IJobTransport : IAsyncDisposable
{
    /// <summary>Sends a job and waits for its reply, over lost connections, until the token ends it.</summary>
    Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken);

    /// <summary>Sends a job and returns when it can no longer be lost.</summary>
    Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken);
}
