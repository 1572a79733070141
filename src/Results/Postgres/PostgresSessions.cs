using System.Diagnostics;
using System.Security.Authentication;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// Opens the connections: to one host, or to the one of several that takes writes. An error of opening is told from every other by its type,
/// and a session that may fail the same way for as long as it lasts is not used again.
/// </summary>
internal sealed class PostgresSessions : IAsyncDisposable
{
    // A connection that only listens would not notice that the server is gone: this asks it.
    private const int KeepAliveSeconds = 10;

    private static readonly TimeSpan s_lookKept = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _looking = new(1);
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly bool _hasSeveralHosts;
    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _single;
    private readonly List<NpgsqlDataSource> _owned = [];
    private string? _certificateProblem;
    private long? _lookedAt;

    /// <exception cref="ArgumentException">That is no connection string, or its settings do not go together.</exception>
    public PostgresSessions(string connectionString)
    {
        _settings = PostgresConnectionString.Parse(connectionString);
        _hasSeveralHosts = _settings.Host!.Contains(',', StringComparison.Ordinal);
        Description = PostgresConnectionString.Describe(_settings);
        try
        {
            _pool = Build(_settings.ConnectionString);
            _single = Build(new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
            {
                Pooling = false,
                KeepAlive = KeepAliveSeconds,
                ApplicationName = $"{_settings.ApplicationName} cancellations",
            }.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw PostgresConnectionString.Unreadable(nameof(connectionString));
        }
    }

    public string Description { get; }

    /// <summary>A connection of the pool.</summary>
    /// <exception cref="StoreConnectionException">None could be opened.</exception>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => OpenAsync(_pool, cancellationToken);

    /// <summary>A connection of its own, which asks the server now and then whether it is still there.</summary>
    /// <exception cref="StoreConnectionException">None could be opened.</exception>
    public ValueTask<NpgsqlConnection> OpenToListenAsync(CancellationToken cancellationToken) => OpenAsync(_single, cancellationToken);

    /// <summary>Opens a connection for a call. Errors of the schema and of rights come as <see cref="StoreSchemaException"/>.</summary>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return await TranslatedAsync(() => call(connection));
    }

    /// <summary>What calls on an open connection go through.</summary>
    public async Task<T> TranslatedAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (PostgresException e)
        {
            if (PostgresFaults.MayLastAsLongAsTheSession(e))
            {
                // Those that are in use end when they come back to the pool.
                _pool.Clear();
            }

            if (PostgresFaults.SchemaProblem(e, Description) is { } problem)
            {
                throw new StoreSchemaException(problem, e);
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _looking.Dispose();
        foreach (var source in _owned)
        {
            await source.DisposeAsync();
        }
    }

    private async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            var fault = ConnectingFaults.Explain(failure, Description, _hasSeveralHosts);
            if (ConnectingFaults.TlsFault(failure) is AuthenticationException
                && await FindCertificateProblemAsync(cancellationToken) is { } problem)
            {
                fault = fault with { Reason = $"{Description}: {problem}" };
            }

            throw new StoreConnectionException(fault, failure);
        }
    }

    /// <summary>Looks at the certificate, for one caller at a time; what it found holds for the next ones of some seconds.</summary>
    private async Task<string?> FindCertificateProblemAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            if (_lookedAt is not { } at || Stopwatch.GetElapsedTime(at) >= s_lookKept)
            {
                _certificateProblem = await ServerCertificate.FindProblemAsync(_settings, cancellationToken);
                _lookedAt = Stopwatch.GetTimestamp();
            }

            return _certificateProblem;
        }
        finally
        {
            _looking.Release();
        }
    }

    private NpgsqlDataSource Build(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        var wanted = builder.ConnectionStringBuilder.TargetSessionAttributes;
        if (!_hasSeveralHosts && wanted is null)
        {
            var source = builder.Build();
            _owned.Add(source);
            return source;
        }

        builder.ConnectionStringBuilder.Remove("Target Session Attributes");
        var hosts = builder.BuildMultiHost();
        _owned.Add(hosts);
        return hosts.WithTargetSession(PostgresConnectionString.TargetOf(wanted));
    }
}
