using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Millrace.Cli.Results;
using Millrace.Cli.Terminal;
using Millrace.Producer.DeadLetters;

namespace Millrace.Cli.DeadLetters;

/// <summary><c>millrace dead list</c>: the dead letters, grouped or each.</summary>
internal sealed class DeadListCommand
{
    private readonly CliContext _context;
    private readonly DeadLetterOptions _which;
    private readonly Option<bool> _jobs = new("--jobs") { Description = "A line for each dead letter, in the queue's order, instead of one for each reason and queue" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };

    private DeadListCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_jobs);
        _which = new DeadLetterOptions(context, command);
        command.Add(_json);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("list", "Count the dead letters by reason and queue.");
        var list = new DeadListCommand(context, command);
        command.SetAction(list.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var box = await _which.OpenAsync(arguments, cancellationToken);
        var letters = _which.Filter(arguments).Of(box, cancellationToken);
        if (arguments.GetValue(_jobs))
        {
            await ListAsync(letters, arguments.GetValue(_json));
        }
        else
        {
            await CountAsync(letters, arguments.GetValue(_json));
        }

        return ExitCode.Ok;
    }

    private async Task ListAsync(IAsyncEnumerable<DeadLetter> letters, bool json)
    {
        if (json)
        {
            using var lines = new JsonLines(_context.Out);
            await foreach (var letter in letters)
            {
                lines.Write(letter, DeadLetterText.WriteLine);
            }

            return;
        }

        using var table = new TextTable(_context, "died (UTC)", "job", "queue", "bytes", "reason");
        await foreach (var letter in letters)
        {
            table.Add(DeadLetterText.Cells(letter));
        }

        await table.PrintAsync(DeadLetterText.None);
    }

    private async Task CountAsync(IAsyncEnumerable<DeadLetter> letters, bool json)
    {
        var groups = await DeadLetterGroup.CountAsync(letters);
        if (json)
        {
            using var lines = new JsonLines(_context.Out);
            foreach (var group in groups)
            {
                lines.Write(group, Write);
            }

            return;
        }

        using var table = new TextTable(_context, "reason", "queue", "messages", "first died (UTC)", "last died (UTC)");
        foreach (var group in groups)
        {
            table.Add(
                group.Reason,
                group.Queue ?? "",
                group.Count.ToString(CultureInfo.InvariantCulture),
                DeadLetterText.Time(group.First),
                DeadLetterText.Time(group.Last));
        }

        await table.PrintAsync(DeadLetterText.None);
    }

    private static void Write(Utf8JsonWriter json, DeadLetterGroup group)
    {
        json.WriteStartObject();
        json.WriteString("reason"u8, group.Reason);
        json.WriteString("queue"u8, group.Queue);
        json.WriteNumber("messages"u8, group.Count);
        ResultText.WriteTime(json, "first_died_at"u8, group.First);
        ResultText.WriteTime(json, "last_died_at"u8, group.Last);
        json.WriteEndObject();
    }
}
