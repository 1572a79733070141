namespace Millrace.Results.Tests.Contract;

/// <summary>What every test of the contract starts with: a store of its own.</summary>
public abstract class StoreContract(Func<CancellationToken, Task<TestStore>> create) : IAsyncLifetime
{
    private TestStore? _testStore;
    private IResultStore? _store;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The store and the plain way to it.</summary>
    protected TestStore TestStore => _testStore!;

    /// <summary>The store, with its schema unless <see cref="StartsMigrated"/> is false.</summary>
    protected IResultStore Store => _store!;

    protected virtual bool StartsMigrated => true;

    public async ValueTask InitializeAsync()
    {
        _testStore = await create(Token);
        _store = _testStore.Open();
        if (StartsMigrated)
        {
            await _store.MigrateAsync(Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        if (_testStore is not null)
        {
            await _testStore.DisposeAsync();
        }
    }

    /// <summary>The one row of a job.</summary>
    protected async Task<ResultRow> FindOneAsync(Guid jobId) => Assert.Single(await Store.FindAsync([jobId], Token));

    protected async Task<IReadOnlyList<ResultRow>> QueryAsync(ResultQuery query) => await Store.QueryAsync(query, Token).ToListAsync(Token);
}
