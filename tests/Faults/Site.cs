using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Millrace.LocalServices;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Faults;

/// <summary>A virtual host, a database, the ways to both, and the worker processes of one trial.</summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>The model that is served (tests/Faults/models).</summary>
    public const string Model = "echo";

    /// <summary>How long a job waits for its next attempt.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TestVirtualHost _host;
    private readonly History _history;
    private readonly List<LocalWorker> _workers = [];
    private readonly HttpClient _management;

    private Site(Servers servers, TestVirtualHost host, Database database, History history)
    {
        Servers = servers;
        _host = host;
        Database = database;
        _history = history;
        BrokerWay = new TcpProxy(servers.Broker.Port);
        DatabaseWay = new TcpProxy(servers.Database.Port);
        var management = servers.Broker.ManagementUri!;
        _management = new HttpClient
        {
            BaseAddress = new UriBuilder(management) { UserName = "", Password = "" }.Uri,
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(management.UserInfo)))),
            },
        };
    }

    public Servers Servers { get; }

    public Database Database { get; }

    /// <summary>What the workers' connections to the broker go through.</summary>
    public TcpProxy BrokerWay { get; }

    /// <summary>What the workers' connections to the database go through.</summary>
    public TcpProxy DatabaseWay { get; }

    /// <summary>The broker without a proxy.</summary>
    public Uri Broker => _host.Uri;

    public string VirtualHost => _host.Uri.AbsolutePath.Trim('/');

    public static async Task<Site> CreateAsync(
        Servers servers, int seed, string? tablespace, History history, CancellationToken cancellationToken)
    {
        var host = await servers.CreateVirtualHostAsync(cancellationToken);
        return new Site(servers, host, await Database.CreateAsync(servers, seed, tablespace, cancellationToken), history);
    }

    /// <summary>Starts a worker and waits until it consumes.</summary>
    public async Task<LocalWorker> StartWorkerAsync(string name, CancellationToken cancellationToken, params (string Key, string Value)[] settings)
    {
        var worker = StartWorker(name, settings);
        await worker.Ready.WaitAsync(s_patience, cancellationToken);
        return worker;
    }

    /// <summary>Starts a worker that may end before it consumes.</summary>
    public LocalWorker StartWorker(string name, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Broker__Uri"] = new UriBuilder(_host.Uri) { Port = BrokerWay.Port }.Uri.ToString(),
            ["Broker__Prefetch"] = "64",
            ["Broker__Heartbeat"] = "00:00:05",
            ["Store__ConnectionString"] = new NpgsqlConnectionStringBuilder(Database.WorkerLogin) { Port = DatabaseWay.Port }.ToString(),
            ["Delivery__WorkerName"] = name,
            ["Retries__Delays"] = RetryDelay.ToString(),
            ["Models__Directory"] = Path.Combine(Repository.Root, "tests", "Faults", "models"),
            ["Models__ExecutionProviders"] = "cpu",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        _history.Add(name, $"starts {string.Join(' ', settings.Select(setting => $"{setting.Key}={setting.Value}"))}");
        var worker = LocalWorker.Start(all, line => _history.Add(name, line), "Millrace.FaultyWorker.dll");
        _workers.Add(worker);
        _ = worker.Exited.ContinueWith(exit => _history.Add(name, $"exit code {exit.Result}"), TaskScheduler.Default);
        return worker;
    }

    /// <summary>The names of all queues.</summary>
    public async Task<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken)
    {
        using var document = await JsonDocument.ParseAsync(
            await _management.GetStreamAsync($"api/queues/{VirtualHost}?columns=name", cancellationToken), cancellationToken: cancellationToken);
        return [.. document.RootElement.EnumerateArray().Select(queue => queue.GetProperty("name").GetString()!)];
    }

    /// <summary>Unacked deliveries of the model's queue, as the broker has counted them last: every few seconds.</summary>
    public async Task<long> CountUnackedAsync(CancellationToken cancellationToken)
    {
        using var document = await JsonDocument.ParseAsync(
            await _management.GetStreamAsync($"api/queues/{VirtualHost}/{BrokerNames.Queue(Model, Lane.Interactive)}", cancellationToken),
            cancellationToken: cancellationToken);
        // Not there before the first count.
        return document.RootElement.TryGetProperty("messages_unacknowledged", out var unacked) ? unacked.GetInt64() : 0;
    }

    /// <summary>Tells every worker that still runs to stop, and waits for it.</summary>
    /// <returns>Their exit codes.</returns>
    public async Task<int[]> StopWorkersAsync(CancellationToken cancellationToken)
    {
        var running = _workers.FindAll(worker => !worker.Exited.IsCompleted);
        // One that is told so while it starts cannot say that all went well.
        await Task.WhenAll(running.Select(worker => Task.WhenAny(worker.Ready, worker.Exited))).WaitAsync(s_patience, cancellationToken);
        running.ForEach(worker => worker.Terminate());
        return await Task.WhenAll(running.Select(worker => worker.Exited)).WaitAsync(s_patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            worker.Kill();
            await worker.Exited;
        }

        _management.Dispose();
        await BrokerWay.DisposeAsync();
        await DatabaseWay.DisposeAsync();
        // Both may have been left ended by a trial that failed.
        await Servers.StartAsync(CancellationToken.None);
        await Database.DisposeAsync();
        await _host.DisposeAsync();
    }
}
