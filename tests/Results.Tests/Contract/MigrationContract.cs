namespace Millrace.Results.Tests.Contract;

public abstract class MigrationContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    protected override bool StartsMigrated => false;

    [Fact]
    public async Task A_store_is_ready_once_it_is_migrated_and_a_second_time_changes_nothing()
    {
        await Store.MigrateAsync(Token);
        await Store.MigrateAsync(Token);

        await Store.CheckAsync(Token);
        Assert.Equal([["0"]], await TestStore.SelectAsync($"SELECT count(*) - max(version) FROM {TestStore.Schema}schema_version", Token));
    }

    [Fact]
    public async Task Migrations_at_the_same_time_all_succeed()
    {
        var stores = Enumerable.Range(0, 6).Select(_ => TestStore.Open()).ToArray();

        await Task.WhenAll(stores.Select(store => Task.Run(() => store.MigrateAsync(Token), Token)));

        await Store.CheckAsync(Token);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_a_schema_every_call_names_the_command_that_makes_it()
    {
        await AssertNamesMigrateAsync(() => Store.CheckAsync(Token));
        await AssertNamesMigrateAsync(() => Store.CommitAsync([Rows.Succeeded("7")], Token));
        await AssertNamesMigrateAsync(() => Store.FindAsync([Guid.NewGuid()], Token));
        await AssertNamesMigrateAsync(() => Store.MarkUndeliverableAsync([new(Guid.NewGuid(), UndeliverableReason.NoQueue)], Token));
        await AssertNamesMigrateAsync(() => Store.QueryAsync(new ResultQuery(), Token).ToListAsync(Token).AsTask());
        await AssertNamesMigrateAsync(() => Store.QueryRunsAsync(1, Token).ToListAsync(Token).AsTask());
    }

    [Fact]
    public async Task A_store_that_failed_for_want_of_a_schema_works_once_it_is_there()
    {
        await AssertNamesMigrateAsync(() => Store.CommitAsync([Rows.Succeeded("7")], Token));
        await Store.MigrateAsync(Token);

        Assert.Null(Assert.Single(await Store.CommitAsync([Rows.Succeeded("7")], Token)));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await Store.MigrateAsync(Token);
        await TestStore.ExecuteAsync($"INSERT INTO {TestStore.Schema}schema_version (version, name) VALUES (999, 'future')", Token);

        Assert.Contains("999", (await Assert.ThrowsAsync<StoreSchemaException>(() => Store.CheckAsync(Token))).Message, StringComparison.Ordinal);
        Assert.Contains("999", (await Assert.ThrowsAsync<StoreSchemaException>(() => Store.MigrateAsync(Token))).Message, StringComparison.Ordinal);
    }

    private static async Task AssertNamesMigrateAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<StoreSchemaException>(call);
        Assert.Contains("millrace store migrate", exception.Message, StringComparison.Ordinal);
    }
}
