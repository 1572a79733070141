using Microsoft.Data.Sqlite;
using Millrace.Results.Tests.Contract;

namespace Millrace.Results.Tests.Sqlite;

public sealed class SqliteResultStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-results-tests-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Opening_makes_nothing_and_migrating_makes_a_folder_of_its_owner_alone()
    {
        var file = Path.Combine(_folder, "a", "b", "results.db");
        await using var store = ResultStores.OpenSqlite(file);
        Assert.False(Directory.Exists(Path.Combine(_folder, "a")));

        await store.MigrateAsync(Token);

        Assert.True(File.Exists(file));
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.Equal(ownerOnly, File.GetUnixFileMode(Path.Combine(_folder, "a", "b")));
        }
    }

    [Fact]
    public async Task Asking_a_store_that_is_not_there_does_not_make_it()
    {
        var file = Path.Combine(_folder, "results.db");
        await using var store = ResultStores.OpenSqlite(file);

        await Assert.ThrowsAsync<StoreSchemaException>(() => store.CheckAsync(Token));

        Assert.False(File.Exists(file));
        Assert.Contains(file, store.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        var file = Path.Combine(_folder, "notes.txt");
        await File.WriteAllTextAsync(file, new string('x', 4096), Token);
        await using var store = ResultStores.OpenSqlite(file);

        var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.MigrateAsync(Token));

        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_stores_on_one_file_see_each_others_rows()
    {
        var file = Path.Combine(_folder, "results.db");
        await using var writer = ResultStores.OpenSqlite(file);
        await using var other = ResultStores.OpenSqlite(file);
        await writer.MigrateAsync(Token);
        var row = Rows.Succeeded("7");

        await writer.CommitAsync([row], Token);

        Rows.AssertStored(row, Assert.Single(await other.FindAsync([row.JobId], Token)));
        Rows.AssertStored(row, Assert.Single(await other.CommitAsync([row], Token))!);
    }

    [Fact]
    public async Task Times_and_ids_are_texts_that_people_read_and_that_sort()
    {
        var file = Path.Combine(_folder, "results.db");
        await using var store = ResultStores.OpenSqlite(file);
        await store.MigrateAsync(Token);
        var row = Rows.Succeeded("7");
        await store.CommitAsync([row], Token);

        await using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT job_id, received_at, length(committed_at), typeof(outputs) FROM results";
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        Assert.Equal(row.JobId.ToString(), reader.GetString(0));
        Assert.Equal("2025-03-01T12:30:15.000000Z", reader.GetString(1));
        Assert.Equal(reader.GetString(1).Length, reader.GetInt32(2));
        Assert.Equal("text", reader.GetString(3));
    }

    [Theory]
    [InlineData(SQLitePCL.raw.SQLITE_BUSY, StoreFaultKind.Passing)]
    [InlineData(SQLitePCL.raw.SQLITE_LOCKED, StoreFaultKind.Passing)]
    [InlineData(SQLitePCL.raw.SQLITE_NOMEM, StoreFaultKind.Passing)]
    [InlineData(SQLitePCL.raw.SQLITE_FULL, StoreFaultKind.NoRoom)]
    [InlineData(SQLitePCL.raw.SQLITE_IOERR, StoreFaultKind.NoRoom)]
    [InlineData(SQLitePCL.raw.SQLITE_CONSTRAINT, StoreFaultKind.Unexplained)]
    [InlineData(SQLitePCL.raw.SQLITE_TOOBIG, StoreFaultKind.Data)]
    [InlineData(SQLitePCL.raw.SQLITE_MISMATCH, StoreFaultKind.Data)]
    [InlineData(SQLitePCL.raw.SQLITE_NOTADB, StoreFaultKind.Setup)]
    public async Task Only_what_is_about_data_says_something_of_a_row(int code, StoreFaultKind expected)
    {
        await using var store = ResultStores.OpenSqlite(Path.Combine(_folder, "results.db"));

        Assert.Equal(expected, store.Explain(new SqliteException("", code)).Kind);
    }

    [Fact]
    public async Task A_check_that_a_row_breaks_is_about_its_data()
    {
        await using var store = ResultStores.OpenSqlite(Path.Combine(_folder, "results.db"));

        Assert.Equal(StoreFaultKind.Data, store.Explain(new SqliteException("", SQLitePCL.raw.SQLITE_CONSTRAINT, SQLitePCL.raw.SQLITE_CONSTRAINT_CHECK)).Kind);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
