namespace Millrace.Results;

/// <summary>
/// Where the wish to cancel a job is kept until a worker takes the job, and how workers hear of it. A store that workers on several
/// machines share keeps it: Postgres does. SQLite does not; there the process that could cancel a job is the one that waits for it.
/// </summary>
public interface ICancellationStore
{
    /// <summary>Asks that jobs be cancelled, whether a worker has seen them or not. Asking again renews the request.</summary>
    /// <returns>For each of the jobs, in no order: what became of the request.</returns>
    /// <exception cref="StoreSchemaException">There is no schema, or the user lacks the role <c>millrace_operator</c>.</exception>
    Task<IReadOnlyList<CancellationAnswer>> CancelAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>
    /// Follows the recorded requests: first those of late, oldest first, then each as it is made. Returns only by an exception; who calls
    /// again misses none that is not older than <paramref name="age"/>.
    /// </summary>
    /// <param name="age">How old a request of the first ones may be.</param>
    /// <param name="pollEvery">How often to look where no notification comes: they can be lost, and do not pass every pooler.</param>
    /// <param name="listener">Hears of them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task FollowCancellationsAsync(TimeSpan age, TimeSpan pollEvery, ICancellationListener listener, CancellationToken cancellationToken);

    /// <summary>Which of these jobs are to be cancelled by a recorded request.</summary>
    /// <param name="jobIds">The jobs.</param>
    /// <param name="age">How old the request may be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlySet<Guid>> FindCancelledAsync(IReadOnlyCollection<Guid> jobIds, TimeSpan age, CancellationToken cancellationToken);
}
