using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.Terminal;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;

namespace Millrace.Cli.DeadLetters;

/// <summary><c>millrace dead requeue</c>: sends dead letters back to the queues that they died in.</summary>
internal sealed class DeadRequeueCommand
{
    private readonly CliContext _context;
    private readonly DeadLetterOptions _which;
    private readonly Option<bool> _newId = new("--new-id")
    {
        Description = "Make new jobs of those that have a row: a row is final, and under its old id a job is only answered from there",
    };

    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };

    private DeadRequeueCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_newId);
        _which = new DeadLetterOptions(context, command);
        command.Add(_json);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command(
            "requeue",
            "Send dead letters back to the queues that they died in, each confirmed by the broker before it leaves the dead letters. Those that "
            + "no job could be read of go as they are. A job that the broker gave up has its row, and stays here unless --new-id is given; "
            + "where some stay, the exit code is 3.");
        var requeue = new DeadRequeueCommand(context, command);
        command.SetAction(requeue.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var mayRename = arguments.GetValue(_newId);
        await using var box = await _which.OpenAsync(arguments, cancellationToken);
        using var lines = arguments.GetValue(_json) ? new JsonLines(_context.Out) : null;
        using var table = new TextTable(_context, "job", "queue", "sent as");
        var (sent, kept, unnamed) = (0, 0, 0);
        await foreach (var letter in _which.Filter(arguments).Of(box, cancellationToken))
        {
            (Guid Id, WireBody Body)? newJob = null;
            if (letter.HasRow)
            {
                if (!mayRename)
                {
                    kept++;
                    continue;
                }

                var id = NewJob.IdOf(letter);
                if (!NewJob.TryRename(letter.Body, id, out var body))
                {
                    unnamed++;
                    continue;
                }

                newJob = (id, body);
            }

            await box.RequeueAsync(letter, newJob, cancellationToken);
            sent++;
            lines?.Write((letter, newJob?.Id), Write);
            table.Add(letter.JobId.ToString(), letter.Queue ?? letter.RoutingKey, (newJob?.Id ?? letter.JobId).ToString());
        }

        if (lines is null && sent > 0)
        {
            await table.PrintAsync(DeadLetterText.None);
        }

        await SayAsync(sent, kept, unnamed);
        return kept + unnamed > 0 ? ExitCode.SomeFailed : ExitCode.Ok;
    }

    private async Task SayAsync(int sent, int kept, int unnamed)
    {
        await _context.Error.WriteLineAsync(sent + kept + unnamed == 0 ? DeadLetterText.None : $"{sent} sent");
        if (kept > 0)
        {
            await _context.Error.WriteLineAsync($"{kept} kept: these jobs have a row, which is final; --new-id makes new jobs of them");
        }

        if (unnamed > 0)
        {
            await _context.Error.WriteLineAsync($"{unnamed} kept: their bodies cannot be given another id");
        }
    }

    private static void Write(Utf8JsonWriter json, (DeadLetter Letter, Guid? NewId) sent)
    {
        json.WriteStartObject();
        json.WriteString("job_id"u8, sent.Letter.JobId);
        json.WriteString("new_job_id"u8, sent.NewId?.ToString());
        json.WriteString("reason"u8, sent.Letter.Reason);
        json.WriteString("queue"u8, sent.Letter.Queue);
        json.WriteEndObject();
    }
}
