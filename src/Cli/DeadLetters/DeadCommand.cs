using System.CommandLine;
using Millrace.Cli.Terminal;

namespace Millrace.Cli.DeadLetters;

/// <summary><c>millrace dead</c>: what is in <c>millrace.dead</c>.</summary>
internal static class DeadCommand
{
    public static Command Create(CliContext context) => new(
        "dead",
        "Look at the dead letters, send them once more, or remove them: messages that no job could be read of, and jobs that the broker gave "
        + "up, which have their row and their reply from a worker. What one command is looking at, another does not see.")
    {
        DeadListCommand.Create(context),
        DeadShowCommand.Create(context),
        DeadRequeueCommand.Create(context),
        DeadPurgeCommand.Create(context),
    };
}
