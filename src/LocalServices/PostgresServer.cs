using Npgsql;

namespace Millrace.LocalServices;

/// <summary>The server behind <see cref="LocalPostgres"/>.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Name = "Postgres";
    private const string Owner = "postgres";
    private const int Attempts = 3;

    private static readonly TimeSpan s_stopDeadline = TimeSpan.FromSeconds(20);

    private readonly LocalPostgresOptions _options;
    private readonly string _programs;
    private readonly ServerFolder _folder;
    private readonly string _password;
    private LocalProcess? _process;

    private PostgresServer(LocalPostgresOptions options, string programs, ServerFolder folder)
    {
        _options = options;
        _programs = programs;
        _folder = folder;
        _password = folder.ReadOrMakeSecret("owner.password");
    }

    public int Port { get; private set; }

    public string Database => _options.Database;

    public LocalProcess Process => _process ?? throw new InvalidOperationException("The server was not started.");

    public static async Task<PostgresServer> StartAsync(LocalPostgresOptions options, CancellationToken cancellationToken)
    {
        var programs = Programs.FindPostgresFolder();
        FreePorts.RequireFree(options.Port, Name);
        var server = new PostgresServer(options, programs, ServerFolder.Open(options.Folder));
        try
        {
            await PostgresData.MakeAsync(server._folder, programs, Owner, server._password, cancellationToken);
            await server.RunOnFreePortAsync(cancellationToken);
            await server.MakeDatabaseAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>How the owner reaches a database.</summary>
    public string Connect(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = Owner,
        Password = _password,
    }.ToString();

    /// <summary>Starts the process on the port and waits until it answers.</summary>
    /// <returns>False where it ended at once.</returns>
    public async Task<bool> TryRunAsync(CancellationToken cancellationToken)
    {
        _process = LocalProcess.Start(new LocalProgram
        {
            Name = Name,
            Path = Path.Combine(_programs, "postgres"),
            Arguments = Arguments(),
            LogPath = _folder.PathOf("postgres.log"),
            // A fast shutdown, which leaves nothing behind.
            DeathSignal = "INT",
            User = ServerUser.ForPostgres(),
        });
        return await Readiness.WaitAsync(_process, Name, _options.StartTimeout, IsReadyAsync, cancellationToken);
    }

    /// <summary>Stops it by a signal: INT closes connections, rolls back and writes out; QUIT ends everything at once, as a crash does.</summary>
    public Task StopAsync(int signal) => Process.StopAsync(signal, s_stopDeadline);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // What a temporary folder holds need not be written out in order.
            await StopAsync(_options.Folder is null ? Signals.Quit : Signals.Interrupt);
        }

        _folder.Dispose();
    }

    private async Task RunOnFreePortAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            Port = _options.Port ?? FreePorts.Find(1)[0];
            if (await TryRunAsync(cancellationToken))
            {
                return;
            }

            // Between our look and the server's start another program may have taken the port.
            if (_options.Port is not null || attempt == Attempts || !FreePorts.IsTaken(Port))
            {
                throw new LocalServiceException($"Postgres ended at once. {Process.LogTail()}");
            }
        }
    }

    private List<string> Arguments()
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["max_connections"] = "200",
            // Segments in the data folder end with it; those in /dev/shm would outlive a server that was killed.
            ["dynamic_shared_memory_type"] = "mmap",
        };
        foreach (var (name, value) in _options.Settings)
        {
            settings[name] = value;
        }

        settings["listen_addresses"] = "127.0.0.1";
        settings["port"] = Port.ToString();
        settings["unix_socket_directories"] = "";
        List<string> arguments = ["-D", _folder.PathOf(PostgresData.FolderName)];
        foreach (var (name, value) in settings)
        {
            arguments.AddRange(["-c", $"{name}={value}"]);
        }

        return arguments;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Connect("postgres") + ";Pooling=false");
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            return false;
        }
    }

    private async Task MakeDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Connect("postgres") + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", connection);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Database });
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var create = new NpgsqlCommand(
                $"CREATE DATABASE \"{Database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
