using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Results.Tests.Contract;

namespace Millrace.Results.Tests.Sqlite;

internal sealed class SqliteTestStore : TestStore
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-results-tests-").FullName;

    public override string Schema => "";

    private string File => Path.Combine(_folder, "store", "results.db");

    public static Func<CancellationToken, Task<TestStore>> InTemporaryFolder => _ => Task.FromResult<TestStore>(new SqliteTestStore());

    public override IResultStore Open() => ResultStores.OpenSqlite(File);

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    protected override string IsPast(DateTimeOffset time) =>
        $"strftime('%Y-%m-%dT%H:%M:%f', 'now') > '{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture)}'";

    protected override DbConnection Connect() => new SqliteConnection($"Data Source={File};Pooling=false");
}
