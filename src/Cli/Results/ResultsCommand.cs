using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Results;

namespace Millrace.Cli.Results;

/// <summary><c>millrace results</c>: the stored rows.</summary>
internal sealed class ResultsCommand
{
    private const int DefaultLimit = 20;

    private readonly CliContext _context;
    private readonly ServiceOptions _services;
    private readonly Option<Guid?> _job = IdOption.Create("--job", "The job of this id");
    private readonly Option<Guid?> _run = IdOption.Create("--run", "The jobs of this run, in its file's order");
    private readonly Option<string?> _model = new("--model") { Description = "Only this model's", HelpName = "NAME" };
    private readonly Option<JobStatus?> _status = StatusOption.Create();
    private readonly Option<GivenTime?> _since;
    private readonly Option<GivenTime?> _until;
    private readonly Option<int?> _limit = CountOption.Create("--limit", $"At most so many [default: {DefaultLimit}]");
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line, with all outputs" };

    private ResultsCommand(CliContext context, Command command)
    {
        _context = context;
        _since = TimeOption.Create("--since", "Committed at this time or later", context.TimeProvider);
        _until = TimeOption.Create("--until", "Committed before", context.TimeProvider);
        command.Add(_job);
        command.Add(_run);
        command.Add(_model);
        command.Add(_status);
        command.Add(_since);
        command.Add(_until);
        command.Add(_limit);
        command.Add(_json);
        _services = new ServiceOptions().AddStore(command);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("results", "Show stored results, newest first.");
        var results = new ResultsCommand(context, command);
        command.SetAction(results.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var store = _services.Store(arguments, _context).OpenExisting(_context);
        var query = new ResultQuery
        {
            JobId = arguments.GetValue(_job),
            RunId = arguments.GetValue(_run),
            ModelName = arguments.GetValue(_model),
            Status = arguments.GetValue(_status),
            Since = arguments.GetValue(_since)?.Tell(_context),
            Until = arguments.GetValue(_until)?.Tell(_context),
            Limit = arguments.GetValue(_limit) ?? DefaultLimit,
        };
        var rows = store.QueryAsync(query, cancellationToken);
        if (arguments.GetValue(_json))
        {
            using var lines = new JsonLines(_context.Out);
            await store.ReadOrExplainAsync(rows, row => lines.Write(row, ResultText.Write), cancellationToken);
            return ExitCode.Ok;
        }

        using var table = new TextTable(_context, "committed (UTC)", "job", "model", "status", "rows", "batch", "result");
        await store.ReadOrExplainAsync(rows, row => table.Add(ResultText.Cells(row)), cancellationToken);
        await table.PrintAsync(none: "no results fit");
        return ExitCode.Ok;
    }
}
