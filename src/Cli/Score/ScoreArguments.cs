using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Scoring;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Runs;
using Millrace.Scoring.Sinks;

namespace Millrace.Cli.Score;

/// <summary>What one can say to <c>millrace score</c>.</summary>
internal sealed class ScoreArguments
{
    private const string DefaultFolder = "scored";

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

    public ScoreArguments(Command command)
    {
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

    /// <summary>The file to score; <c>-</c> for standard input.</summary>
    public string File(ParseResult arguments) => arguments.GetValue(_file)!;

    /// <summary>Where to write; <c>-</c> for standard output.</summary>
    /// <exception cref="UsageException">It cannot be written there.</exception>
    public string Output(ParseResult arguments) => OutputPath(File(arguments), arguments.GetValue(_output));

    /// <summary>How long a job's reply is waited for.</summary>
    public TimeSpan Timeout(ParseResult arguments) => _timeout.Of(arguments);

    /// <summary>Where the broker, the store and the models are, and which model is meant.</summary>
    /// <exception cref="UsageException">What a flag gives cannot be used, or it does not say which model.</exception>
    /// <exception cref="SettingException">What the environment gives cannot be used.</exception>
    public ScoreServices Services(ParseResult arguments, CliContext context)
    {
        var broker = _services.Broker(arguments, context);
        var models = _services.Models(arguments, context);
        return new ScoreServices(
            broker,
            models,
            ModelNames.Choose(models, arguments.GetValue(_model)),
            _services.Store(arguments, context),
            _services.CertificateAuthority(arguments, context));
    }

    /// <summary>The run.</summary>
    public ScoreOptions Run(ParseResult arguments, CliContext context) => new()
    {
        RunId = arguments.GetValue(_run) ?? JobId.New(context.TimeProvider),
        IsTakenUp = arguments.GetValue(_run) is not null,
        Lane = _lane.Of(arguments),
        RowsPerJob = arguments.GetValue(_rowsPerJob),
        MaxJobsInFlight = arguments.GetValue(_jobsInFlight) ?? 32,
        TimeProvider = context.TimeProvider,
    };

    /// <summary>How the file is written.</summary>
    /// <exception cref="UsageException">It contradicts itself.</exception>
    public CsvDialect Dialect(ParseResult arguments) => _dialect.Read(arguments);

    /// <summary>What was said of columns and outputs.</summary>
    public ScoreColumns Columns(ParseResult arguments) => new()
    {
        Inputs = arguments.GetValue(_columns) ?? [],
        Label = arguments.GetValue(_label),
        LabelOutput = arguments.GetValue(_labelOutput),
        Outputs = arguments.GetValue(_outputs),
    };

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
}
