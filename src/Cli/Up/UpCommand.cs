using System.CommandLine;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.LocalServices;
using Millrace.Results;

namespace Millrace.Cli.Up;

/// <summary><c>millrace up</c>: a broker, a database and a worker on this machine, for a trial.</summary>
internal sealed class UpCommand
{
    private const string WorkerLogin = "worker";

    private static readonly TimeSpan s_workerStart = TimeSpan.FromSeconds(60);

    private readonly CliContext _context;
    private readonly Option<string?> _models = new("--models")
    {
        Description = $"Directory of the models [env: {ServiceOptions.ModelsVariable}; default: {ServiceOptions.DefaultModels}]",
        HelpName = "DIR",
    };

    private readonly Option<string?> _folder = new("--folder")
    {
        Description = "Where the servers keep their data from one time to the next [default: none, they start empty and leave nothing]",
        HelpName = "DIR",
    };

    private UpCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_models);
        command.Add(_folder);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("up", "Start RabbitMQ, Postgres and a worker on this machine, for a trial, until Ctrl-C.");
        var up = new UpCommand(context, command);
        command.SetAction(up.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var models = Path.GetFullPath(
            arguments.GetValue(_models) ?? _context.Environment(ServiceOptions.ModelsVariable) ?? ServiceOptions.DefaultModels);
        var served = ModelNames.All(models);
        var folder = arguments.GetValue(_folder);
        try
        {
            await Say("starting RabbitMQ and Postgres");
            var starting = LocalRabbitMq.StartAsync(new LocalRabbitMqOptions { Folder = Below(folder, "rabbitmq") }, cancellationToken);
            await using var postgres = await StartPostgresAsync(folder, starting, cancellationToken);
            await using var broker = await starting;
            await MigrateAsync(postgres, cancellationToken);
            var store = await postgres.MakeWorkerLoginAsync(WorkerLogin, cancellationToken);

            await Say($"starting the worker on {NearNames.List(served)}");
            // Disposed of first, and so stopped first: what it has taken in needs the other two.
            await using var worker = LocalWorker.Start(
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [ServiceOptions.BrokerVariable] = broker.Uri.AbsoluteUri,
                    [ServiceOptions.StoreVariable] = store,
                    [ServiceOptions.ModelsVariable] = models,
                },
                line => _context.Error.WriteLine($"worker | {line}"));
            await worker.Ready.WaitAsync(s_workerStart, _context.TimeProvider, cancellationToken);
            foreach (var line in new UpText(_context.ProgramName, broker.Uri, postgres.ConnectionString, served[0], _context.Samples).Lines())
            {
                await _context.Error.WriteLineAsync(line);
            }

            var ended = await Task.WhenAny(worker.Exited, broker.Exited, postgres.Exited, Forever(cancellationToken));
            if (cancellationToken.IsCancellationRequested)
            {
                await Say("stopping the worker, RabbitMQ and Postgres");
                return ExitCode.Ok;
            }

            throw new LocalServiceException(
                ended == worker.Exited ? $"the worker has ended with exit code {await worker.Exited}"
                : ended == broker.Exited ? "RabbitMQ has ended"
                : "Postgres has ended");
        }
        catch (TimeoutException late)
        {
            throw new LocalServiceException($"the worker serves nothing after {s_workerStart.TotalSeconds:0} s", late);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped while it started: everything that was up is down again.
            return ExitCode.Ok;
        }

        Task Say(string what) => _context.Error.WriteLineAsync($"{what} …");
    }

    /// <summary>Starts Postgres; where that fails, stops the broker that is on its way up beside it.</summary>
    private static async Task<LocalPostgres> StartPostgresAsync(string? folder, Task<LocalRabbitMq> broker, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalPostgres.StartAsync(new LocalPostgresOptions { Folder = Below(folder, "postgres") }, cancellationToken);
        }
        catch
        {
            await Task.WhenAny(broker);
            if (broker.IsCompletedSuccessfully)
            {
                await (await broker).DisposeAsync();
            }

            throw;
        }
    }

    private static string? Below(string? folder, string name) => folder is null ? null : Path.Combine(Path.GetFullPath(folder), name);

    private static Task Forever(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

    private async Task MigrateAsync(LocalPostgres postgres, CancellationToken cancellationToken)
    {
        await using var store = _context.OpenPostgres(postgres.ConnectionString);
        await store.MigrateOrExplainAsync(new MigrationOptions { OnWaiting = _context.Error.WriteLine }, cancellationToken);
    }
}
