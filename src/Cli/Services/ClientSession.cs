using Microsoft.Extensions.Logging;
using Millrace.Cli.Embedded;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Producer;
using Millrace.Results;
using Millrace.Scoring;
using Millrace.Scoring.Runs;

namespace Millrace.Cli.Services;

/// <summary>A client and what it stands on: a broker; or this process's worker with its store, migrated.</summary>
internal sealed class ClientSession : IModelDescriptions, IAsyncDisposable
{
    // What says why the store takes no rows just now, at most once a second.
    private const string StoreLog = "Millrace.Worker.Resilience.RetryPipelines";

    private readonly Func<string, string?, ModelDescription> _readModel;
    private readonly Task<EmbeddedClient>? _embedded;
    private readonly ILoggerFactory? _loggers;

    private ClientSession(Func<string, string?, ModelDescription> readModel, Task<MillraceClient> client)
    {
        _readModel = readModel;
        Client = client;
    }

    private ClientSession(
        Func<string, string?, ModelDescription> readModel, Task<EmbeddedClient> embedded, IResultStore store, ILoggerFactory loggers)
    {
        _readModel = readModel;
        _embedded = embedded;
        Client = ClientOf(embedded);
        Store = store;
        _loggers = loggers;
    }

    /// <summary>The client, once it is connected; what can be done before need not wait for it.</summary>
    public Task<MillraceClient> Client { get; }

    /// <summary>The store that the rows go to; null where that is the business of a worker elsewhere.</summary>
    public IResultStore? Store { get; }

    /// <summary>Begins to connect to the broker, or to start the worker on one model where there is none.</summary>
    /// <exception cref="UsageException">There is no such model.</exception>
    public static ClientSession Open(
        CliContext context,
        Uri? broker,
        string modelsDirectory,
        string modelName,
        StoreChoice storeChoice,
        MillraceClientOptions options,
        CancellationToken cancellationToken)
    {
        if (broker is not null)
        {
            return new ClientSession(ReadModel, context.ConnectAsync(options with { Broker = broker }, cancellationToken));
        }

        ModelNames.Require(modelsDirectory, modelName);
        var store = storeChoice.Open(context);
        // What the worker waits out, such as a lock of another process, is in no reply: without its log a person would see only a halt.
        var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LogLevel.Error)
            .AddFilter(StoreLog, LogLevel.Warning)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var embedded = new EmbeddedModels { Directory = modelsDirectory, Names = [modelName], Store = store, Loggers = loggers };
        return new ClientSession(ReadModel, Task.Run(EmbedAsync, cancellationToken), store, loggers);

        ModelDescription ReadModel(string name, string? version) => context.ReadModel(modelsDirectory, name, version);

        async Task<EmbeddedClient> EmbedAsync()
        {
            await store.MigrateOrExplainAsync(new MigrationOptions { OnWaiting = context.Error.WriteLine }, cancellationToken);
            return await context.EmbedAsync(embedded, options, cancellationToken);
        }
    }

    /// <summary>By the worker in this process where it serves the model, else by the model's files.</summary>
    public async Task<ModelDescription> DescribeAsync(string modelName, string? version, CancellationToken cancellationToken)
    {
        var served = _embedded is null ? null : (await _embedded).Describe(modelName, version);
        return served ?? await Task.Run(() => _readModel(modelName, version), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Whoever needed the client was told if there is none.
        await Task.WhenAny(Client);
        if (Client.IsCompletedSuccessfully)
        {
            await (await Client).DisposeAsync();
        }

        if (Store is not null)
        {
            await Store.DisposeAsync();
        }

        _loggers?.Dispose();
    }

    private static async Task<MillraceClient> ClientOf(Task<EmbeddedClient> embedded) => (await embedded).Client;
}
