using System.CommandLine;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Producer;
using Millrace.Scoring.Runs;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;

namespace Millrace.Cli.Score;

/// <summary><c>millrace score</c>: a file in, the file with predictions out.</summary>
internal sealed class ScoreCommand
{
    private readonly CliContext _context;
    private readonly ScoreArguments _arguments;

    private ScoreCommand(CliContext context, Command command)
    {
        _context = context;
        _arguments = new ScoreArguments(command);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("score", "Score a CSV: its rows, with the model's predictions behind them.");
        var score = new ScoreCommand(context, command);
        command.SetAction(score.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var file = _arguments.File(arguments);
        var output = _arguments.Output(arguments);
        if (output != Inputs.Standard)
        {
            OutputFile.RequireWritable(output);
        }

        await using var input = await Inputs.OpenAsync(file, _context, cancellationToken);
        var length = Inputs.Length(input);
        var services = _arguments.Services(arguments, _context);
        var options = _arguments.Run(arguments, _context);

        // The worker starts while the file is looked at.
        await using var session = Open(services, options, _arguments.Timeout(arguments), cancellationToken);
        await using var origins = new RunOrigins(_context, session, services.Store);
        await using var source = await CsvSource.OpenAsync(Inputs.Name(file), input, _arguments.Dialect(arguments), cancellationToken);
        var brokenOff = new BrokenOffRun(_context, options.RunId, source);
        var client = await brokenOff.WatchAsync(session.Client);
        var begun = options.IsTakenUp ? await origins.FindAsync(options.RunId, cancellationToken) : null;
        options = options with { RowsPerJob = options.RowsPerJob ?? RunOrigins.RowsPerJob(begun) };
        var plan = await ScorePlan.MakeAsync(
            session, services.ModelName, begun?.ModelVersion, source, _arguments.Columns(arguments), cancellationToken);
        await SayAsync(plan.Describe());
        var sizes = JobSizes.Choose(plan.Model, plan.Mapping, options);
        await SayAsync(sizes.Notes);
        var origin = RunOrigins.Describe(options.RunId, file, input, plan.Model, plan.Mapping, source.Dialect, sizes.Rows);
        await brokenOff.WatchAsync(origins.BeginAsync(origin, cancellationToken));
        await SayAsync(RemoveLeftovers(output));

        await using var target = output == Inputs.Standard
            ? ScoredCsv.ToStream(_context.Out, source, plan.Outputs)
            : ScoredCsv.ToFile(output, source, plan.Outputs);
        var progress = new ScoreProgress();
        var run = new ScoreRun(source, target, plan.Mapping, plan.Outputs, plan.Model, sizes, options with { Label = plan.Label }, progress);
        var scoring = Task.Run(() => run.RunAsync(client, cancellationToken), CancellationToken.None);
        await ScoreDisplay.ShowAsync(_context, progress, length, scoring);
        var summary = await brokenOff.WatchAsync(scoring);
        var text = new SummaryText
        {
            Summary = summary,
            RunId = options.RunId,
            Output = output == Inputs.Standard ? "standard output" : output,
            Label = plan.Label,
            Evaluation = plan.Model.Evaluation,
            MeanBatchRows = await BatchSizes.MeanAsync(_context, session, services.Store, options.RunId, summary.Jobs, cancellationToken),
            FirstRowAfter = FirstRowAfter(summary),
            ResultsCommand = ResultsCommandLine(services, options.RunId),
        };
        await SayAsync(summary.Notes);
        await SayAsync(text.Lines());
        return summary.FailedRows == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    private ClientSession Open(ScoreServices services, ScoreOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clientOptions = new MillraceClientOptions
        {
            CertificateAuthority = services.CertificateAuthority,
            Timeout = timeout,
            // The run has a bound of its own.
            MaxInFlight = options.MaxJobsInFlight + 2,
            TimeProvider = _context.TimeProvider,
            OnConnectionChanged = loss => _context.Error.WriteLine(
                loss is null ? "the broker is there again: the run goes on" : $"{loss.Message} Trying again for up to --timeout a job"),
        };
        return ClientSession.Open(_context, services.Broker, services.Models, services.ModelName, services.Store, clientOptions, cancellationToken);
    }

    private async Task SayAsync(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            await _context.Error.WriteLineAsync(line);
        }
    }

    private static IEnumerable<string> RemoveLeftovers(string output) =>
        output == Inputs.Standard || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output)))
            ? []
            : OutputFile.RemoveLeftovers(output).Select(leftover => $"removed {leftover}: a run that was killed left it");

    private TimeSpan? FirstRowAfter(ScoreSummary summary) => summary.FirstRowAt is { } at
        ? _context.TimeProvider.GetUtcNow() - _context.TimeProvider.GetElapsedTime(at) - _context.StartedAt
        : null;

    private string ResultsCommandLine(ScoreServices services, Guid runId)
    {
        var command = $"{_context.ProgramName} results --run {runId} --limit 5";
        return services.Store switch
        {
            // Set by the environment, it is so for the next command too.
            { ConnectionString: { } connection, Origin: "--store" } => $"{command} --store '{Secrets.Redact(connection)}'",
            { ConnectionString: null } when services.Broker is not null => $"{command} --store CONNECTION (of the worker's store)",
            _ => command,
        };
    }
}
