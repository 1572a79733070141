using Millrace.Results.Postgres;
using Millrace.Results.Tests.Contract;
using Millrace.TestKit;

namespace Millrace.Results.Tests.Postgres;

public sealed class OlderSchemaTests(TestPostgres postgres)
{
    private const int BeforeOutputsAsJson = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Outputs_that_were_stored_as_jsonb_are_read_as_before()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await MakeRolesAsync();
        foreach (var migration in Migration.LoadFor(typeof(PostgresMigrator)).Take(BeforeOutputsAsJson))
        {
            await database.ExecuteAsync(migration.Sql, Token);
            await database.ExecuteAsync($"INSERT INTO millrace.schema_version VALUES ({migration.Version}, '{migration.Name}')", Token);
        }

        var row = Rows.Succeeded("7") with
        {
            // In another order than jsonb puts them in, and with a number that it does not know.
            Outputs = [Tensor.Create("score", [1, 2], [-0f, 0.25f]), Tensor.Create("id", [1], ["a"])],
        };
        await database.ExecuteAsync(
            $$$"""
            INSERT INTO millrace.results
                (job_id, model_name, model_version, status, lane, row_count, outputs, payload_hash, batch_rows, worker, received_at)
            VALUES
                ('{{{row.JobId}}}', 'digits', '1', 'succeeded', 'interactive', 1,
                 '{"score": {"index": 0, "datatype": "FP32", "shape": [1, 2], "data": [[0, 0.25]], "negative_zeros": [0]},
                   "id": {"index": 1, "datatype": "BYTES", "shape": [1], "data": ["a"]}}',
                 '\x00000000000000000000000000000000', 64, 'test', '{{{row.ReceivedAt:O}}}')
            """,
            Token);

        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);

        Rows.AssertStored(row, Assert.Single(await store.FindAsync([row.JobId], Token)));
    }

    /// <summary>They belong to the server: any database's migration makes them.</summary>
    private async Task MakeRolesAsync()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);
    }
}
