namespace Millrace.Results;

/// <summary>Where rows are kept. Postgres and SQLite keep the same promises: tests/Results.Tests runs one suite on both.</summary>
public interface IResultStore : IAsyncDisposable
{
    /// <summary>What to call this store in a message to a person: host, port and database or the file; never a secret.</summary>
    string Description { get; }

    /// <summary>Brings the schema to this version; does nothing where it is. Safe to call from several processes at once.</summary>
    /// <exception cref="StoreSchemaException">The schema is newer than this program, or the rights do not suffice.</exception>
    /// <exception cref="StoreLockedException">Another process has the migrations' lock, and keeps it.</exception>
    Task MigrateAsync(MigrationOptions options, CancellationToken cancellationToken);

    /// <inheritdoc cref="MigrateAsync(MigrationOptions, CancellationToken)"/>
    Task MigrateAsync(CancellationToken cancellationToken) => MigrateAsync(new MigrationOptions(), cancellationToken);

    /// <summary>Checks that the schema has this version and that rows may be inserted and read.</summary>
    /// <exception cref="StoreSchemaException">It has not, or they may not; the message says what to do.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Commits rows in one transaction. A job id that has a row already (or stands earlier in <paramref name="rows"/>) keeps that one.
    /// </summary>
    /// <returns>For each of <paramref name="rows"/>, in order: null where it was inserted, else the row that was there first.</returns>
    Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken);

    /// <summary>The rows of these jobs, in no order; a job without a row is left out.</summary>
    Task<IReadOnlyList<ResultRow>> FindAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>Marks that these replies could not be delivered, in one statement. A job's first mark stands; one without a row is left out.</summary>
    Task MarkUndeliverableAsync(IReadOnlyCollection<UndeliverableReply> replies, CancellationToken cancellationToken);

    /// <summary>
    /// Notes that these jobs, each given once, are about to run together and that the process may not survive it. The note stays until
    /// <see cref="AcquitAsync"/>.
    /// </summary>
    Task AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>Takes the notes of these jobs back: their run has ended, and the process has not.</summary>
    Task AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>What is noted of a job; null for nothing.</summary>
    Task<Suspicion?> FindSuspicionAsync(Guid jobId, CancellationToken cancellationToken);

    /// <summary>The rows that fit, newest first; those of one run in input order.</summary>
    IAsyncEnumerable<ResultRow> QueryAsync(ResultQuery query, CancellationToken cancellationToken);

    /// <summary>Runs, newest first.</summary>
    IAsyncEnumerable<RunSummary> QueryRunsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// What a failed call says. Only <see cref="StoreFaultKind.Data"/> is about the rows that were to be committed; in all else the same call
    /// may succeed later, with nothing changed about the rows.
    /// </summary>
    /// <param name="failure">What one of the calls above threw.</param>
    StoreFault Explain(Exception failure);
}
