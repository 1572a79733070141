using Millrace.Results;

namespace Millrace.Worker.Resilience;

/// <summary>
/// Finds the job that kills the process. A job that the broker delivers again was with a worker when that died, and may be why. Such
/// jobs run apart from the others in small groups; each group is noted in the store before it runs and struck off after. A note that is
/// found at the next delivery therefore says: the process died while that group ran. Its jobs then run in groups half the size, until
/// one has died alone too often to be a coincidence.
/// </summary>
/// <remarks>
/// With n jobs in a full batch, one such job costs log2(n) + 1 crashes, and 7 at most: the first, one for each size from n/8 or 8 down to 1,
/// and two more alone. Each is a delivery of all that its worker held, and of deliveries a queue allows so many: larger first groups would find
/// several such jobs only with the innocent among the dead letters. Somebody who kills workers by hand therefore convicts no job that merely was there.
/// </remarks>
internal sealed class Suspects(IResultStore store, RetryPipelines retries)
{
    private const int RunsAloneThatConvict = 3;

    // The first group is this part of a full batch: the sizes saved pay for the runs alone.
    private const int FirstGroupsPart = 8;

    private const int LargestFirstGroup = 8;

    /// <summary>In how large a group a job may run that was delivered again.</summary>
    /// <param name="jobId">The job; it has no row.</param>
    /// <param name="maxBatchSize">The largest batch of its model, in rows.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <returns>Jobs, from 1; 0 for the culprit, which must not run again.</returns>
    public async Task<int> GroupLimitAsync(Guid jobId, int maxBatchSize, CancellationToken cancellationToken)
    {
        var suspicion = await retries.Store.ExecuteAsync(
            async (id, token) => await store.FindSuspicionAsync(id, token), jobId, cancellationToken);
        return suspicion switch
        {
            null => Math.Clamp(maxBatchSize / FirstGroupsPart, 1, LargestFirstGroup),
            { GroupSize: 1, RunsAlone: >= RunsAloneThatConvict } => 0,
            { } noted => Math.Max(1, noted.GroupSize / 2),
        };
    }

    /// <summary>Notes a group that is about to run. Returns once the note is on disk; waits while the store is away.</summary>
    public async Task AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        await retries.Store.ExecuteAsync(
            async (state, token) => await state.store.AccuseAsync(state.jobIds, token), (store, jobIds), cancellationToken);

    /// <summary>Strikes a group off that has run, to whatever end.</summary>
    public async Task AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        await retries.Store.ExecuteAsync(
            async (state, token) => await state.store.AcquitAsync(state.jobIds, token), (store, jobIds), cancellationToken);
}
