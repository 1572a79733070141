using System.Text;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Faults;

/// <summary>Every way that Postgres has, and the way to it, to refuse a connection while it runs.</summary>
internal sealed class Closings : IDisposable
{
    private readonly Site _site;
    private readonly NpgsqlConnectionStringBuilder _login;
    private readonly PostgresCertificates _ca = new();
    private readonly PostgresCertificates _otherCa = new();

    public Closings(Site site)
    {
        _site = site;
        _login = new NpgsqlConnectionStringBuilder(site.Database.WorkerLogin);
        Settings = new PostgresSettings(site.Servers.Database.ConnectionString);
        WorkersStore = new NpgsqlConnectionStringBuilder(site.Database.WorkerLogin)
        {
            Port = site.DatabaseWay.Port,
            SslMode = SslMode.VerifyFull,
            RootCertificate = _ca.File,
        }.ToString();
    }

    /// <summary>The server's settings.</summary>
    public PostgresSettings Settings { get; }

    /// <summary>How workers reach the database, by TLS with all checks.</summary>
    public string WorkersStore { get; }

    private string User => _login.Username!;

    private string DatabaseName => _site.Database.Name;

    /// <summary>Lets the server have TLS.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) => Settings.UseCertificateAsync(_ca.For("127.0.0.1"), cancellationToken);

    /// <summary>Leaves the server as it was.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        await Settings.UseHbaAsync("", cancellationToken);
        await Settings.SetAsync("ssl", "off", cancellationToken);
    }

    public IReadOnlyList<Closing> All() =>
    [
        new(
            "TLS off where the workers want it",
            token => Settings.SetAsync("ssl", "off", token),
            token => Settings.SetAsync("ssl", "on", token)),
        Certificate("certificate of another host", () => _ca.For("db.example")),
        Certificate("certificate of another CA", () => _otherCa.For("127.0.0.1")),
        Certificate("expired certificate", () => _ca.ExpiredFor("127.0.0.1")),
        new(
            "pg_hba rejects",
            token => Settings.UseHbaAsync($"host all {User} all reject", token),
            token => Settings.UseHbaAsync("", token)),
        Statements("ALLOW_CONNECTIONS false", $"ALTER DATABASE {DatabaseName} ALLOW_CONNECTIONS false", $"ALTER DATABASE {DatabaseName} ALLOW_CONNECTIONS true"),
        Statements("database's CONNECTION LIMIT 0", $"ALTER DATABASE {DatabaseName} CONNECTION LIMIT 0", $"ALTER DATABASE {DatabaseName} CONNECTION LIMIT -1"),
        Statements("no CONNECT right", $"REVOKE CONNECT ON DATABASE {DatabaseName} FROM PUBLIC", $"GRANT CONNECT ON DATABASE {DatabaseName} TO PUBLIC"),
        Statements("role's CONNECTION LIMIT 0", $"ALTER ROLE {User} CONNECTION LIMIT 0", $"ALTER ROLE {User} CONNECTION LIMIT -1"),
        Statements("role without LOGIN", $"ALTER ROLE {User} NOLOGIN", $"ALTER ROLE {User} LOGIN"),
        Statements("password changed", $"ALTER ROLE {User} PASSWORD 'another'", $"ALTER ROLE {User} PASSWORD '{_login.Password}'"),
        Statements("sessions that only read", $"ALTER ROLE {User} SET default_transaction_read_only = on", $"ALTER ROLE {User} RESET default_transaction_read_only"),
        Answer("something else answers", "HTTP/1.1 400 Bad Request\r\n\r\n"),
        Answer("a wrong answer to the request for TLS", "X"),
        Answer("an end in place of an answer", ""),
    ];

    /// <summary>Ends the workers' sessions: what is open would go on.</summary>
    public Task CutAsync(CancellationToken cancellationToken) => Settings.ExecuteAsync(
        $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{User}'", cancellationToken);

    public void Dispose()
    {
        _ca.Dispose();
        _otherCa.Dispose();
    }

    private Closing Certificate(string name, Func<(string Certificate, string Key)> make) => new(
        name,
        token => Settings.UseCertificateAsync(make(), token),
        token => Settings.UseCertificateAsync(_ca.For("127.0.0.1"), token));

    private Closing Statements(string name, string begin, string end) => new(
        name, token => Settings.ExecuteAsync(begin, token), token => Settings.ExecuteAsync(end, token));

    private Closing Answer(string name, string text) => new(
        name,
        _ =>
        {
            _site.DatabaseWay.Answer = Encoding.ASCII.GetBytes(text);
            return Task.CompletedTask;
        },
        _ =>
        {
            _site.DatabaseWay.Answer = null;
            return Task.CompletedTask;
        });
}
