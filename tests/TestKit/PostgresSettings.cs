using Npgsql;

namespace Millrace.TestKit;

/// <summary>
/// Changes the settings of a server that runs, by SQL alone: whoever owns its files, the server writes them itself. For private servers.
/// </summary>
/// <param name="owner">How a superuser reaches it, whatever is changed.</param>
public sealed class PostgresSettings(string owner)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    // Whatever a test has set for other sessions.
    private readonly string _owner = new NpgsqlConnectionStringBuilder(owner)
    {
        Pooling = false,
        SslMode = SslMode.Prefer,
        Options = "-c default_transaction_read_only=off",
    }.ToString();

    /// <summary>Lets the server show this certificate from now on.</summary>
    public async Task UseCertificateAsync((string Certificate, string Key) pair, CancellationToken cancellationToken)
    {
        var name = $"tls-{Guid.NewGuid():N}";
        await WriteAsync($"{name}.crt", pair.Certificate, cancellationToken);
        await WriteAsync($"{name}.key", pair.Key, cancellationToken);
        await ExecuteAsync($"ALTER SYSTEM SET ssl_cert_file = '{name}.crt'", cancellationToken);
        await ExecuteAsync($"ALTER SYSTEM SET ssl_key_file = '{name}.key'", cancellationToken);
        await SetAsync("ssl", "on", cancellationToken);
        await UntilAsync($"SELECT current_setting('ssl_key_file') = '{name}.key'", cancellationToken);
    }

    /// <summary>Sets one, and waits until sessions that begin have it.</summary>
    public async Task SetAsync(string name, string value, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"ALTER SYSTEM SET {name} = '{value}'", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        await UntilAsync($"SELECT current_setting('{name}') = '{value}'", cancellationToken);
    }

    /// <summary>Writes pg_hba.conf anew: these lines, and then that everybody may come with a password.</summary>
    public async Task UseHbaAsync(string lines, CancellationToken cancellationToken)
    {
        await WriteAsync("pg_hba.conf", $"{lines}\nhost all all all scram-sha-256\nhostnossl all all all scram-sha-256", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
    }

    /// <summary>Runs a statement as the superuser.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_owner);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // COPY's own files can be read by all, and Postgres refuses such a key.
    private Task WriteAsync(string name, string text, CancellationToken cancellationToken) => ExecuteAsync(
        $"COPY (SELECT unnest(string_to_array('{text.Replace("'", "''", StringComparison.Ordinal)}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'",
        cancellationToken);

    private async Task UntilAsync(string condition, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        while (true)
        {
            await using var connection = new NpgsqlConnection(_owner);
            await connection.OpenAsync(patience.Token);
            await using var command = new NpgsqlCommand(condition, connection);
            if (await command.ExecuteScalarAsync(patience.Token) is true)
            {
                return;
            }

            await Task.Delay(s_interval, patience.Token);
        }
    }
}
