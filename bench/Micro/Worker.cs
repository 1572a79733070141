using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Bench.Workloads;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Broker;
using Millrace.Worker.Embedded;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Retries;

namespace Millrace.Bench.Micro;

/// <summary>The parts of a worker that the benchmarks call, put together as it does it, with the model <c>digits</c>.</summary>
internal sealed class Worker : IDisposable
{
    private const string Name = "digits";

    private readonly ModelCatalog _catalog;
    private readonly WorkerMetrics _metrics = new(TimeProvider.System);
    private readonly ModelInput _input = ModelInput.Read(Name);

    public Worker()
    {
        var models = new ModelsOptions { Directory = Repository.ModelsOf(Name), Names = Name, ExecutionProviders = "cpu" };
        _catalog = new ModelLoader(Options.Create(models), Options.Create(new LimitsOptions()), TimeProvider.System, NullLogger<ModelLoader>.Instance).Load();
        var limits = Options.Create(new LimitsOptions());
        var claims = new RetryClaims(new WorkerLogins(Options.Create(new BrokerOptions())), TimeProvider.System, NullLogger<RetryClaims>.Instance);
        var waits = new VersionWaits(
            Options.Create(new RetryOptions()), new EmbeddedRetries(_catalog, Batchers.For(_catalog, TimeProvider.System)), _metrics, TimeProvider.System, NullLogger<VersionWaits>.Instance);
        Admission = new JobAdmission(new DeliveryReader(limits), _catalog, claims, waits, limits, TimeProvider.System);
    }

    public JobAdmission Admission { get; }

    public ServedModel Model => _catalog.Newest(Name);

    /// <summary>A delivery of a job with an id of its own.</summary>
    public InboundDelivery Deliver(JobForm form, int rows)
    {
        var template = JobTemplates.Create(form, _input, rows);
        return new InboundDelivery
        {
            Body = template.WithId(Guid.NewGuid()),
            ContentType = template.ContentType,
            HeaderLength = template.HeaderLength,
            ReplyTo = "replies",
            CorrelationId = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
            Redelivered = false,
            Settlement = new NoSettlement(),
            QueueModel = Name,
            Lane = Lane.Interactive,
        };
    }

    /// <summary>Jobs that may run.</summary>
    public RunnableJob[] Admit(int jobs, int rows) =>
        [.. Enumerable.Range(0, jobs).Select(_ => (RunnableJob)Admission.Admit(Deliver(JobForm.Binary, rows)).Job!)];

    public void Dispose()
    {
        _catalog.Dispose();
        _metrics.Dispose();
    }

    private sealed class NoSettlement : ISettlement
    {
        public void Complete()
        {
            // Nobody waits for it.
        }

        public void Abandon(Exception cause) => throw new InvalidOperationException("Nothing here can fail.", cause);
    }
}
