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
    /// Follows the requests on a connection of its own: first those of late, then each as it is made. Returns only by an exception; who
    /// calls again misses none that is not older than <paramref name="age"/>.
    /// </summary>
    /// <param name="age">How old a request of the first ones may be.</param>
    /// <param name="limit">The most of the first ones: the newest.</param>
    /// <param name="take">Gets the jobs: the first ones, be there any or not, and then at least one each time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task FollowCancellationsAsync(TimeSpan age, int limit, Action<IReadOnlyCollection<Guid>> take, CancellationToken cancellationToken);
}
