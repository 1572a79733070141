using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer;
using Millrace.Worker.Embedded;

namespace Millrace.Cli.Embedded;

/// <summary>Jobs to a worker in this process.</summary>
internal sealed class EmbeddedTransport : IJobTransport
{
    private readonly PendingReplies _pending;
    private readonly EmbeddedWorker _worker;
    private readonly string _modelsDirectory;

    private EmbeddedTransport(PendingReplies pending, EmbeddedWorker worker, string modelsDirectory)
    {
        _pending = pending;
        _worker = worker;
        _modelsDirectory = modelsDirectory;
    }

    /// <summary>Starts the worker: loads the models and takes jobs from then on.</summary>
    public static async Task<EmbeddedTransport> StartAsync(EmbeddedModels models, CancellationToken cancellationToken)
    {
        var pending = new PendingReplies();
        var worker = await EmbeddedWorker.StartAsync(
            new EmbeddedWorkerOptions
            {
                ModelsDirectory = models.Directory,
                ModelNames = models.Names,
                Store = models.Store,
                Loggers = models.Loggers,
                OnReply = reply =>
                {
                    pending.Complete(reply.CorrelationId, reply.Body);
                    return ValueTask.CompletedTask;
                },
            },
            cancellationToken);
        _ = EndWithAsync(worker, pending);
        return new EmbeddedTransport(pending, worker, models.Directory);
    }

    /// <summary>What the worker says of a model; null where it serves no such one.</summary>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    public ModelDescription? Describe(string modelName, string? version) => _worker.Describe(modelName, version);

    /// <inheritdoc/>
    public async Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        var (correlationId, reply) = _pending.Open(job.Id);
        try
        {
            await _worker.SendAsync(job.ModelName, job.Lane, correlationId, job.Body, cancellationToken);
            return await reply.WaitAsync(cancellationToken);
        }
        catch (UnroutableModelException unroutable)
        {
            throw new UnroutableJobException(
                job.ModelName, job.Lane, $"directory '{_modelsDirectory}' holds no model of that name.", unroutable);
        }
        finally
        {
            _pending.Close(correlationId);
        }
    }

    /// <summary>The queue lives in memory, so a job cannot be lost only once its row is committed: that is when it is answered.</summary>
    public Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken) => RequestAsync(job, cancellationToken);

    /// <summary>Tells everybody who waits for a reply where the worker ends by itself.</summary>
    private static async Task EndWithAsync(EmbeddedWorker worker, PendingReplies pending)
    {
        try
        {
            await worker.Ended;
        }
        catch (Exception reason)
        {
            pending.End(reason);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        _pending.End(new ObjectDisposedException(nameof(MillraceClient)));
    }
}
