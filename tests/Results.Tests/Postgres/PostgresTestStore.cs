using System.Data.Common;
using System.Globalization;
using Millrace.Results.Tests.Contract;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Results.Tests.Postgres;

internal sealed class PostgresTestStore(TestDatabase database) : TestStore
{
    public override string Schema => "millrace.";

    public static Func<CancellationToken, Task<TestStore>> In(TestPostgres postgres) =>
        async cancellationToken => new PostgresTestStore(await postgres.CreateDatabaseAsync(cancellationToken));

    public override IResultStore Open() => ResultStores.OpenPostgres(database.ConnectionString);

    public override ValueTask DisposeAsync() => database.DisposeAsync();

    protected override string IsPast(DateTimeOffset time) =>
        $"clock_timestamp() > '{time.ToString("O", CultureInfo.InvariantCulture)}'::timestamptz";

    protected override DbConnection Connect() => new NpgsqlConnection(database.ConnectionString);
}
