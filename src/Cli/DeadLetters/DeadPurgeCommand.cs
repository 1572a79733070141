using System.CommandLine;
using Millrace.Cli.Terminal;
using Millrace.Scoring;

namespace Millrace.Cli.DeadLetters;

/// <summary><c>millrace dead purge</c>: removes dead letters for good.</summary>
internal sealed class DeadPurgeCommand
{
    private readonly CliContext _context;
    private readonly DeadLetterOptions _which;
    private readonly Option<bool> _yes = new("--yes") { Description = "Do it; without this, only their number is told" };
    private readonly Option<bool> _json = new("--json") { Description = "The number as a JSON object" };

    private DeadPurgeCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_yes);
        _which = new DeadLetterOptions(context, command);
        command.Add(_json);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("purge", "Remove dead letters for good. The rows of their jobs stay.");
        var purge = new DeadPurgeCommand(context, command);
        command.SetAction(purge.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var box = await _which.OpenAsync(arguments, cancellationToken);
        var letters = _which.Filter(arguments).Of(box, cancellationToken);
        if (!arguments.GetValue(_yes))
        {
            throw new UsageException($"{await letters.CountAsync(cancellationToken)} dead letter(s) fit, none was removed", "--yes removes them for good");
        }

        var removed = 0;
        try
        {
            await foreach (var letter in letters)
            {
                await box.RemoveAsync(letter, cancellationToken);
                removed++;
            }
        }
        finally
        {
            // Also where it was cut short: what is gone is gone.
            await TellAsync(removed, arguments.GetValue(_json));
        }

        return ExitCode.Ok;
    }

    private async Task TellAsync(int removed, bool json)
    {
        if (!json)
        {
            await _context.Error.WriteLineAsync($"{removed} dead letter(s) removed");
            return;
        }

        using var lines = new JsonLines(_context.Out);
        lines.Write(removed, static (writer, count) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("removed"u8, count);
            writer.WriteEndObject();
        });
    }
}
