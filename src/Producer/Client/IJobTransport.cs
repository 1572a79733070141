using Millrace.Contracts.Wire;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Client;

/// <summary>What carries jobs to a worker: a broker, or this process.</summary>
internal interface IJobTransport : IAsyncDisposable
{
    /// <summary>What the worker behind it says of a model that it serves; null where it cannot be asked, or serves no such one.</summary>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    ModelDescription? Describe(string modelName, string? version);

    /// <summary>Sends a job and waits for its reply, over lost connections, until the token ends it.</summary>
    Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken);

    /// <summary>Sends a job and returns when it can no longer be lost.</summary>
    Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken);
}
