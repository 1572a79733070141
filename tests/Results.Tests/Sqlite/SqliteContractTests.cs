using Millrace.Results.Tests.Contract;

namespace Millrace.Results.Tests.Sqlite;

public sealed class SqliteCommitTests() : CommitContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteOutputsTests() : OutputsContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteQueryTests() : QueryContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteViewTests() : ViewContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteMigrationTests() : MigrationContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteSuspectsTests() : SuspectsContract(SqliteTestStore.InTemporaryFolder);

public sealed class SqliteRunsTests() : RunsContract(SqliteTestStore.InTemporaryFolder);
