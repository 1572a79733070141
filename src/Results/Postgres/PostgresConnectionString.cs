using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>Reads a connection string, and names its server to people without what is secret in it.</summary>
internal static class PostgresConnectionString
{
    /// <summary>The settings, with ours where the user made none.</summary>
    /// <exception cref="ArgumentException">
    /// It cannot be read. What Npgsql says of it is left out: its messages repeat parts of the text, and a password may be one.
    /// </exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException or OverflowException)
        {
            throw Unreadable(nameof(connectionString));
        }

        if (string.IsNullOrWhiteSpace(builder.Host))
        {
            throw Unreadable(nameof(connectionString));
        }

        // ContainsKey is true for every key there is; this is true for those that the text sets.
        if (!builder.ShouldSerialize("Max Auto Prepare"))
        {
            // The commit is one statement, sent thousands of times a second.
            builder.MaxAutoPrepare = 20;
            builder.AutoPrepareMinUsages = 2;
        }

        if (!builder.ShouldSerialize("No Reset On Close"))
        {
            // Nothing here changes a session's state, and the reset is six statements before each of ours.
            builder.NoResetOnClose = true;
        }

        builder.ApplicationName ??= "millrace";
        return builder;
    }

    /// <summary>Host, port and database.</summary>
    public static string Describe(NpgsqlConnectionStringBuilder builder) =>
        $"Postgres at {builder.Host}:{builder.Port}, database '{builder.Database ?? builder.Username}'";

    private static ArgumentException Unreadable(string parameter) => new(
        "The store's connection string is not in Npgsql's form: Host=…;Port=5432;Database=…;Username=…;Password=…", parameter);
}
