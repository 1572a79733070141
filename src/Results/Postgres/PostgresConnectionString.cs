using System.Globalization;
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

        if (builder.Host.Contains(',', StringComparison.Ordinal) && !builder.ShouldSerialize("Host Recheck Seconds"))
        {
            // How long a host that was down, or a standby, is not asked again: the default of 10 s would be the length of each failover.
            builder.HostRecheckSeconds = 1;
        }

        builder.ApplicationName ??= "millrace";
        return builder;
    }

    /// <summary>Host, port and database.</summary>
    public static string Describe(NpgsqlConnectionStringBuilder builder) =>
        $"Postgres at {string.Join(',', Hosts(builder).Select(host => $"{host.Host}:{host.Port}"))}, database '{builder.Database ?? builder.Username}'";

    /// <summary>Each host with its port: <c>a</c>, <c>a:5433</c> or <c>[::1]:5433</c>, separated by commas.</summary>
    public static IEnumerable<(string Host, int Port)> Hosts(NpgsqlConnectionStringBuilder builder)
    {
        foreach (var host in builder.Host!.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = host.LastIndexOf(':');
            var isAddress = colon >= 0 && host.IndexOf(':', StringComparison.Ordinal) != colon && !host.StartsWith('[');
            yield return colon > host.LastIndexOf(']') && !isAddress && int.TryParse(host.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var port)
                ? (host[..colon], port)
                : (host, builder.Port);
        }
    }

    /// <summary>Which of several hosts is wanted. Where nothing is said: one that takes writes, which workers need and people who read do not mind.</summary>
    public static TargetSessionAttributes TargetOf(string? attributes) => attributes?.ToUpperInvariant() switch
    {
        "ANY" => TargetSessionAttributes.Any,
        "PRIMARY" => TargetSessionAttributes.Primary,
        "STANDBY" => TargetSessionAttributes.Standby,
        "PREFER-PRIMARY" => TargetSessionAttributes.PreferPrimary,
        "PREFER-STANDBY" => TargetSessionAttributes.PreferStandby,
        "READ-ONLY" => TargetSessionAttributes.ReadOnly,
        _ => TargetSessionAttributes.ReadWrite,
    };

    /// <summary>Says of a text that it is no connection string, and repeats nothing of it.</summary>
    public static ArgumentException Unreadable(string parameter) => new(
        "The store's connection string is not in Npgsql's form: Host=…;Port=5432;Database=…;Username=…;Password=…", parameter);
}
