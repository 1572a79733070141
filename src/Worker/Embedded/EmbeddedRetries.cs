using Millrace.Worker.Batching;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Embedded;

/// <summary>
/// The next attempt where there is no broker: at once, behind the jobs that wait. The delays are for what passes by itself and for
/// another worker to take the job; here there is no other, and a person waits for the run to end.
/// </summary>
internal sealed class EmbeddedRetries(ModelCatalog catalog, Batchers batchers) : IRetryRoute
{
    public bool ReachesOthers => false;

    public void Send(PendingJob job, JobRetry retry)
    {
        catalog.Find(job.ModelName, job.ModelVersion, out var model);
        try
        {
            // None waits for another worker here, so it is one that ran.
            batchers.Of(model).Add(((RunnableJob)job).Again(retry.Attempt, retry.Errors));
        }
        catch (RunStoppedException fault)
        {
            job.Abandon(fault);
        }
    }
}
