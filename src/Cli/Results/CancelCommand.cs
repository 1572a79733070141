using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Scoring;

namespace Millrace.Cli.Results;

/// <summary><c>millrace cancel</c>: takes jobs back that wait.</summary>
internal sealed class CancelCommand
{
    private readonly CliContext _context;
    private readonly ServiceOptions _services;
    private readonly Argument<Guid[]> _jobs = IdArgument.CreateMany("JOB", "The jobs' ids");
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };

    private CancelCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_jobs);
        command.Add(_json);
        _services = new ServiceOptions().AddStore(command);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command(
            "cancel",
            "Cancel jobs that have not run yet: workers cancel those that wait with them now, and the others when they take them. A job that "
            + "runs or has ended is left as it is; where one has ended otherwise than by this, the exit code is 3. Needs Postgres, and there "
            + "the role millrace_operator.");
        var cancel = new CancelCommand(context, command);
        command.SetAction(cancel.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var store = _services.Store(arguments, _context).Open(_context);
        if (store is not ICancellationStore requests)
        {
            throw new UsageException(
                "jobs are cancelled through Postgres, and the store is a SQLite file",
                $"say where Postgres is: --store or {ServiceOptions.StoreVariable}; a job of this machine's own process ends with Ctrl-C there");
        }

        var answers = await store.AskOrExplainAsync(() => requests.CancelAsync(arguments.GetValue(_jobs)!, cancellationToken));
        if (arguments.GetValue(_json))
        {
            using var lines = new JsonLines(_context.Out);
            foreach (var answer in answers)
            {
                lines.Write(answer, Write);
            }
        }
        else
        {
            using var table = new TextTable(_context, "job", "request");
            foreach (var answer in answers)
            {
                table.Add(answer.JobId.ToString(), Text(answer));
            }

            await table.PrintAsync(none: "no jobs");
        }

        return answers.All(answer => answer.Status is null or JobStatus.Cancelled) ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    private static string Text(CancellationAnswer answer) => answer switch
    {
        { Status: null } => "recorded; the job is cancelled unless it runs already",
        { Status: { } status } => $"{(status == JobStatus.Cancelled ? "" : "too late: ")}{status.ToWireName()} at {ResultText.Time(answer.CommittedAt!.Value)} (UTC)",
    };

    private static void Write(Utf8JsonWriter json, CancellationAnswer answer)
    {
        json.WriteStartObject();
        json.WriteString("job_id"u8, answer.JobId);
        json.WriteBoolean("recorded"u8, answer.Status is null);
        json.WriteString("status"u8, answer.Status?.ToWireName());
        ResultText.WriteTime(json, "committed_at"u8, answer.CommittedAt);
        json.WriteEndObject();
    }
}
