using System.Collections.Concurrent;
using Millrace.Results;

namespace Millrace.Worker.Tests;

/// <summary>A store that keeps rows in memory: the first of a job stands.</summary>
internal sealed class MemoryStore : IResultStore
{
    private int _committedRows;

    public string Description => "memory";

    public ConcurrentDictionary<Guid, ResultRow> Rows { get; } = new();

    /// <summary>Rows that were given to <see cref="CommitAsync"/>, those that changed nothing included.</summary>
    public int CommittedRows => _committedRows;

    /// <summary>Called with the rows of each commit, which waits for it.</summary>
    public Func<IReadOnlyList<ResultRow>, Task> OnCommit { get; init; } = _ => Task.CompletedTask;

    public Task MigrateAsync(MigrationOptions options, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        await OnCommit(rows);
        Interlocked.Add(ref _committedRows, rows.Count);
        return [.. rows.Select(row => Rows.TryAdd(row.JobId, row) ? null : Rows[row.JobId])];
    }

    public Task<IReadOnlyList<ResultRow>> FindAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ResultRow>>([.. jobIds.Where(Rows.ContainsKey).Select(id => Rows[id])]);

    public ConcurrentDictionary<Guid, Suspicion> Suspicions { get; } = new();

    public Task AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        foreach (var id in jobIds)
        {
            Suspicions[id] = new Suspicion(jobIds.Count, Suspicions.GetValueOrDefault(id).RunsAlone + (jobIds.Count == 1 ? 1 : 0));
        }

        return Task.CompletedTask;
    }

    public Task AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        foreach (var id in jobIds)
        {
            Suspicions.TryRemove(id, out _);
        }

        return Task.CompletedTask;
    }

    public Task<Suspicion?> FindSuspicionAsync(Guid jobId, CancellationToken cancellationToken) =>
        Task.FromResult(Suspicions.TryGetValue(jobId, out var found) ? found : default(Suspicion?));

    /// <summary>The marks of each call.</summary>
    public ConcurrentQueue<IReadOnlyCollection<UndeliverableReply>> Marks { get; } = new();

    /// <summary>Called with each call's marks, which wait for it.</summary>
    public Func<Task> OnMark { get; init; } = () => Task.CompletedTask;

    public async Task MarkUndeliverableAsync(IReadOnlyCollection<UndeliverableReply> replies, CancellationToken cancellationToken)
    {
        await OnMark();
        Marks.Enqueue([.. replies]);
    }

    public IAsyncEnumerable<ResultRow> QueryAsync(ResultQuery query, CancellationToken cancellationToken) =>
        Rows.Values.ToAsyncEnumerable();

    public IAsyncEnumerable<RunSummary> QueryRunsAsync(int limit, CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<RunSummary>();

    /// <summary>What its failures mean.</summary>
    public Func<Exception, StoreFaultKind> Kind { get; init; } = _ => StoreFaultKind.Unexplained;

    public StoreFault Explain(Exception failure) => new(Kind(failure), failure.Message);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
