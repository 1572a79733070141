using System.Reflection;
using Millrace.Results;

namespace Millrace.FaultyWorker;

/// <summary>
/// The store, with another commit. All else goes to the store as it is, whatever the interface has or will have, so this is made at run
/// time: the base class must not be sealed.
/// </summary>
internal class FaultyStore : DispatchProxy
{
    private IResultStore _store = null!;
    private Commit _commit = null!;
    private bool _blamesRows;

    /// <summary>A commit: <see cref="IResultStore.CommitAsync"/>.</summary>
    internal delegate Task<IReadOnlyList<ResultRow?>> Commit(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken);

    /// <summary>The store with the points before and after a commit.</summary>
    public static IResultStore WithPoints(IResultStore store, KillSwitch kill) => Create(store, async (rows, token) =>
    {
        kill.Pass(FaultPoint.BeforeCommit);
        var first = await store.CommitAsync(rows, token);
        kill.Pass(FaultPoint.AfterCommit);
        return first;
    });

    /// <summary>The store with that commit.</summary>
    public static IResultStore Create(IResultStore store, Commit commit)
    {
        var created = Create<IServedStore, FaultyStore>();
        var faulty = (FaultyStore)(object)created;
        (faulty._store, faulty._commit) = (store, commit);
        return created;
    }

    /// <summary>The store that takes each of its failures for one of the rows.</summary>
    public static IResultStore ThatBlamesRows(IResultStore store)
    {
        var created = Create(store, store.CommitAsync);
        ((FaultyStore)(object)created)._blamesRows = true;
        return created;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IResultStore.CommitAsync) => _commit((IReadOnlyList<ResultRow>)args![0]!, (CancellationToken)args[1]!),
        nameof(IResultStore.Explain) when _blamesRows => new StoreFault(StoreFaultKind.Data, "made up by the fault tests"),
        _ => targetMethod.Invoke(_store, BindingFlags.DoNotWrapExceptions, null, args, null),
    };
}
