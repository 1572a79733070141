using Millrace.Results.Tests.Contract;
using Millrace.TestKit;

namespace Millrace.Results.Tests.Postgres;

public sealed class PostgresCommitTests(TestPostgres postgres) : CommitContract(PostgresTestStore.In(postgres));

public sealed class PostgresOutputsTests(TestPostgres postgres) : OutputsContract(PostgresTestStore.In(postgres));

public sealed class PostgresQueryTests(TestPostgres postgres) : QueryContract(PostgresTestStore.In(postgres));

public sealed class PostgresViewTests(TestPostgres postgres) : ViewContract(PostgresTestStore.In(postgres));

public sealed class PostgresMigrationTests(TestPostgres postgres) : MigrationContract(PostgresTestStore.In(postgres));

public sealed class PostgresSuspectsTests(TestPostgres postgres) : SuspectsContract(PostgresTestStore.In(postgres));

public sealed class PostgresRunsTests(TestPostgres postgres) : RunsContract(PostgresTestStore.In(postgres));
