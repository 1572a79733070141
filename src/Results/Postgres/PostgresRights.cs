using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>Whether the user may do what a worker does, asked before the first job instead of found out with it.</summary>
internal static class PostgresRights
{
    private const string Sql = """
        SELECT current_user,
               has_table_privilege('millrace.results', 'SELECT'),
               has_table_privilege('millrace.results', 'INSERT'),
               has_column_privilege('millrace.results', 'undeliverable_at', 'UPDATE')
                   AND has_column_privilege('millrace.results', 'undeliverable_reason', 'UPDATE'),
               has_table_privilege('millrace.cancellations', 'SELECT'),
               has_table_privilege('millrace.suspects', 'SELECT')
                   AND has_table_privilege('millrace.suspects', 'INSERT')
                   AND has_table_privilege('millrace.suspects', 'UPDATE')
                   AND has_table_privilege('millrace.suspects', 'DELETE')
        """;

    private static readonly string[] s_rights =
    [
        "SELECT on results", "INSERT on results", "UPDATE (undeliverable_at, undeliverable_reason) on results", "SELECT on cancellations",
        "SELECT, INSERT, UPDATE or DELETE on suspects",
    ];

    /// <summary>Refuses a user that lacks a right.</summary>
    /// <exception cref="StoreSchemaException">It lacks one.</exception>
    public static async Task RequireWorkerAsync(NpgsqlConnection connection, string description, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var user = reader.GetString(0);
        var missing = s_rights.Where((_, i) => !reader.GetBoolean(i + 1)).ToArray();
        if (missing.Length > 0)
        {
            throw new StoreSchemaException(
                $"{description}: user '{user}' lacks, in schema millrace, {string.Join(", ", missing)}. Let the owner run: "
                + $"GRANT {PostgresRoles.Worker} TO \"{user}\";");
        }
    }
}
