using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Producer;
using Millrace.Scoring;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Runs;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;
using Millrace.Worker.Resilience;

namespace Millrace.Cli.Score;

/// <summary><c>millrace score</c>: a file in, the file with predictions out.</summary>
internal sealed class ScoreCommand
{
    private const string DefaultFolder = "scored";

    private readonly CliContext _context;
    private readonly ServiceOptions _services;
    private readonly DialectOptions _dialect;
    private readonly Argument<string> _file = new("FILE") { Description = "The CSV, its first line the columns' names; - for standard input" };

    private readonly Option<string?> _model = new("--model") { Description = "The model [default: the only one there is]", HelpName = "NAME" };

    private readonly Option<string?> _output = new("--output")
    {
        Description = $"Where to write; - for standard output, with the column of errors always [default: {DefaultFolder}/ and the file's name; - for - and <(…)]",
        HelpName = "PATH",
    };

    private readonly Option<string[]> _columns = new("--columns")
    {
        Description = "Columns of an input, as INPUT=a,\"b, c\",d..f; may be repeated [default: as the model says, or the column of the input's name]",
        HelpName = "LIST",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _label = new("--label")
    {
        Description = "Column with the right answers, to compare with [default: 'label' if there is one]",
        HelpName = "COLUMN",
    };

    private readonly Option<string?> _labelOutput = new("--label-output")
    {
        Description = "Output to compare the label with [default: the model's best label, or its only output of one element a row]",
        HelpName = "OUTPUT",
    };

    private readonly Option<string?> _outputs = new("--outputs")
    {
        Description = $"Outputs to write, as a,b; {OutputPlan.All} for every one [default: the best label and its score, where the model declares labels, else {OutputPlan.All}]",
        HelpName = "LIST",
    };

    private readonly Option<int?> _rowsPerJob = CountOption.Create("--rows-per-job", "Rows of one job [default: as many as a batch takes, up to 256]", 1 << 20);
    private readonly Option<int?> _jobsInFlight = CountOption.Create("--jobs-in-flight", "Jobs under way at once [default: 32]", 4096);
    private readonly Option<Guid?> _run = IdOption.Create("--run", "Id of the run; one that was broken off is taken up again by it [default: a new one]");
    private readonly DefaultedOption<Lane> _lane = LaneOption.Create(Lane.Bulk);
    private readonly DefaultedOption<TimeSpan> _timeout = TimeoutOption.Create("How long to wait for a job's reply", TimeSpan.FromMinutes(1));

    private ScoreCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_file);
        command.Add(_model);
        command.Add(_output);
        command.Add(_columns);
        command.Add(_label);
        command.Add(_labelOutput);
        command.Add(_outputs);
        _dialect = new DialectOptions(command);
        command.Add(_rowsPerJob);
        command.Add(_jobsInFlight);
        command.Add(_run);
        command.Add(_lane);
        command.Add(_timeout);
        _services = new ServiceOptions().AddServed(command).AddStore(command);
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
        var file = arguments.GetValue(_file)!;
        var output = OutputPath(file, arguments.GetValue(_output));
        if (output != Inputs.Standard)
        {
            OutputFile.RequireWritable(output);
        }

        await using var input = await Inputs.OpenAsync(file, _context, cancellationToken);
        var length = Inputs.Length(input);

        var broker = _services.Broker(arguments, _context);
        var models = _services.Models(arguments, _context);
        var modelName = ModelNames.Choose(models, arguments.GetValue(_model));
        var store = _services.Store(arguments, _context);
        var options = new ScoreOptions
        {
            RunId = arguments.GetValue(_run) ?? JobId.New(_context.TimeProvider),
            IsTakenUp = arguments.GetValue(_run) is not null,
            Lane = _lane.Of(arguments),
            RowsPerJob = arguments.GetValue(_rowsPerJob),
            MaxJobsInFlight = arguments.GetValue(_jobsInFlight) ?? 32,
            TimeProvider = _context.TimeProvider,
        };
        var clientOptions = new MillraceClientOptions
        {
            CertificateAuthority = _services.CertificateAuthority(arguments, _context),
            Timeout = _timeout.Of(arguments),
            // The run has a bound of its own.
            MaxInFlight = options.MaxJobsInFlight + 2,
            TimeProvider = _context.TimeProvider,
            OnConnectionChanged = loss => _context.Error.WriteLine(
                loss is null ? "the broker is there again: the run goes on" : $"{loss.Message} Trying again for up to --timeout a job"),
        };

        // The worker starts while the file is looked at.
        await using var session = ClientSession.Open(_context, broker, models, modelName, store, clientOptions, cancellationToken);
        await using var origins = new RunOrigins(_context, session, store);
        await using var source = await CsvSource.OpenAsync(Inputs.Name(file), input, _dialect.Read(arguments), cancellationToken);
        await OrSayHowToGoOnAsync(session.Client, options.RunId, source);
        var begun = options.IsTakenUp ? await origins.FindAsync(options.RunId, cancellationToken) : null;
        options = options with { RowsPerJob = options.RowsPerJob ?? RunOrigins.RowsPerJob(begun) };
        var model = await session.DescribeAsync(modelName, begun?.ModelVersion)
            ?? await Task.Run(() => _context.ReadModel(models, modelName, begun?.ModelVersion), cancellationToken);
        HeaderCheck.Refuse(source, model, arguments.GetValue(_columns) ?? []);
        var asked = arguments.GetValue(_label);
        var mapping = InputMapping.Resolve(
            model, source.Header, arguments.GetValue(_columns) ?? [], LabelPlan.NameOf(asked, model, new ColumnNames(source.Header)));
        var label = LabelPlan.Choose(asked, arguments.GetValue(_labelOutput), model, mapping);
        var outputs = OutputPlan.For(model, mapping.IsBatched, source.Header, arguments.GetValue(_outputs), label?.Target);
        await SayAsync(mapping, label, outputs);
        var sizes = JobSizes.Choose(model, mapping, options);
        foreach (var note in sizes.Notes)
        {
            await _context.Error.WriteLineAsync(note);
        }

        var origin = RunOrigins.Describe(options.RunId, file, input, model, mapping, source.Dialect, sizes.Rows);
        await OrSayHowToGoOnAsync(origins.BeginAsync(origin, cancellationToken), options.RunId, source);

        foreach (var leftover in output == Inputs.Standard || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output))) ? [] : OutputFile.RemoveLeftovers(output))
        {
            await _context.Error.WriteLineAsync($"removed {leftover}: a run that was killed left it");
        }

        await using var target = output == Inputs.Standard
            ? ScoredCsv.ToStream(_context.Out, source, outputs)
            : ScoredCsv.ToFile(output, source, outputs);

        var progress = new ScoreProgress();
        var run = new ScoreRun(source, target, mapping, outputs, model, sizes, options with { Label = label }, progress);
        var scoring = Task.Run(() => run.RunAsync(session.Client, cancellationToken), CancellationToken.None);
        await ScoreDisplay.ShowAsync(_context, progress, length, scoring);
        var summary = await OrSayHowToGoOnAsync(scoring, options.RunId, source);
        var text = new SummaryText
        {
            Summary = summary,
            RunId = options.RunId,
            Output = output == Inputs.Standard ? "standard output" : output,
            Label = label,
            Evaluation = model.Evaluation,
            MeanBatchRows = await BatchSizes.MeanAsync(_context, session, store, options.RunId, summary.Jobs, cancellationToken),
            FirstRowAfter = summary.FirstRowAt is { } at
                ? _context.TimeProvider.GetUtcNow() - _context.TimeProvider.GetElapsedTime(at) - _context.StartedAt
                : null,
            ResultsCommand = ResultsCommandLine(broker, store, options.RunId),
        };
        foreach (var line in summary.Notes.Concat(text.Lines()))
        {
            await _context.Error.WriteLineAsync(line);
        }

        return summary.FailedRows == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    /// <summary>Says before the run what it is made of.</summary>
    private async Task SayAsync(InputMapping mapping, LabelPlan? label, OutputPlan outputs)
    {
        string?[] lines = [.. mapping.Describe(), label?.Describe(), mapping.DescribeUnused(label?.Column), outputs.Describe(), outputs.DescribeRenamed()];
        foreach (var line in lines.OfType<string>())
        {
            await _context.Error.WriteLineAsync(line);
        }
    }

    private static string OutputPath(string file, string? asked)
    {
        if (asked is { Length: 0 })
        {
            throw new UsageException("--output is empty, expected a file's name", "is a variable of the shell not set? Without --output the scored file goes to scored/");
        }

        if (asked is not null && asked != Inputs.Standard && (Directory.Exists(asked) || Path.EndsInDirectorySeparator(asked)))
        {
            throw new UsageException(
                $"--output {asked} is a directory, expected a file",
                $"--output {Path.Combine(asked, file == Inputs.Standard ? "scored.csv" : Path.GetFileName(file))}");
        }

        // A descriptor's number is no name for a file.
        var output = asked ?? (Inputs.IsDescriptor(file) ? Inputs.Standard : Path.Combine(DefaultFolder, Path.GetFileName(file)));
        return Inputs.IsSameFile(file, output)
            ? throw new UsageException(
                $"{(asked is null && output != Inputs.Standard ? $"without --output the scored file is {output}, which" : $"--output {output}")} is the file to score",
                "choose another name, as in --output scored.csv: the original is not written over")
            : output;
    }

    private async Task<T> OrSayHowToGoOnAsync<T>(Task<T> scoring, Guid runId, CsvSource source)
    {
        try
        {
            return await scoring;
        }
        catch (Exception failure) when (failure is ReplyTimeoutException or BrokerConnectionException or OperationCanceledException
            or StoreFailedException or StoreUnreachableException or IOException)
        {
            await _context.Error.WriteLineAsync(
                $"run {runId} was not finished: the same command with --run {runId} takes it up again, and no row is scored twice");
            throw;
        }
        catch (UsageException) when (source.RowNumber > 0)
        {
            // The file showed only here that it is written in another way.
            await _context.Error.WriteLineAsync($"run {runId} ends in the midst of its file: the rows before have results in the store under this id");
            throw;
        }
    }

    private string ResultsCommandLine(Uri? broker, StoreChoice store, Guid runId)
    {
        var command = $"{_context.ProgramName} results --run {runId} --limit 5";
        return store switch
        {
            // Set by the environment, it is so for the next command too.
            { ConnectionString: not null, Origin: "--store" } => $"{command} --store '{Secrets.Redact(store.ConnectionString)}'",
            { ConnectionString: null } when broker is not null => $"{command} --store CONNECTION (of the worker's store)",
            _ => command,
        };
    }
}
