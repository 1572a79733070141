using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// The roles that the migrations grant to. They belong to the whole server, so that two databases may be migrated at the same moment
/// and both want to make them.
/// </summary>
internal static class PostgresRoles
{
    public const string Worker = "millrace_worker";

    private static readonly string[] s_names = [Worker, "millrace_reader", "millrace_operator"];

    /// <summary>Makes the roles that are missing, within the transaction.</summary>
    /// <exception cref="StoreSchemaException">The user may not.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var missing = await FindMissingAsync(connection, cancellationToken);
        try
        {
            foreach (var name in missing)
            {
                await using var command = new NpgsqlCommand(CreateUnlessThere(name), connection);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StoreSchemaException(
                $"User '{connection.UserName}' may not make the roles {string.Join(" and ", missing)}. Let a user with "
                + $"CREATEROLE run: {string.Join(' ', missing.Select(Create))} Then run '{SchemaVersions.MigrateCommand}' again.",
                e);
        }
    }

    private static async Task<IReadOnlyList<string>> FindMissingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT name FROM unnest($1) AS name WHERE name NOT IN (SELECT rolname FROM pg_roles)", connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = s_names });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var missing = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            missing.Add(reader.GetString(0));
        }

        return missing;
    }

    private static string Create(string name) => $"CREATE ROLE {name} NOLOGIN;";

    // Another database's migration may commit the same role while this one waits for its lock on the name.
    private static string CreateUnlessThere(string name) => $"""
        DO $$ BEGIN
            {Create(name)}
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """;
}
