using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Millrace.Cli.DeadLetters;
using Millrace.Cli.Publish;
using Millrace.Cli.Results;
using Millrace.Cli.Score;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Cli.Up;
using Millrace.Scoring;

namespace Millrace.Cli;

/// <summary>The program <c>millrace</c>.</summary>
internal static class CommandLine
{
    /// <summary>Runs what the arguments say.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliContext context, CancellationToken cancellationToken)
    {
        try
        {
            var root = Root(context);
            // A column may be called @time; it is no file of arguments.
            var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0)
            {
                throw Misuse(root, arguments, parsed, context);
            }

            using var output = new StreamWriter(context.Out, leaveOpen: true);
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    // Signals are the process's, not a library's: see Program.cs.
                    ProcessTerminationTimeout = null,
                    Output = output,
                    Error = context.Error,
                },
                cancellationToken);
        }
        catch (Exception failure)
        {
            return ErrorReport.Write(context, failure);
        }
    }

    private static RootCommand Root(CliContext context)
    {
        var root = new RootCommand("Scores files and sends jobs with Millrace, here or through RabbitMQ, and shows what was stored.")
        {
            ScoreCommand.Create(context),
            PublishCommand.Create(context),
            ResultsCommand.Create(context),
            RunsCommand.Create(context),
            CancelCommand.Create(context),
            DeadCommand.Create(context),
            StoreCommand.Create(context),
            UpCommand.Create(context),
        };
        root.SetAction(parsed => new HelpAction().Invoke(parsed));
        return root;
    }

    private static UsageException Misuse(RootCommand root, IReadOnlyList<string> arguments, ParseResult parsed, CliContext context)
    {
        var command = parsed.CommandResult.Command;
        var help = $"{context.ProgramName} {Path(root, parsed.CommandResult)}--help";
        if (parsed.UnmatchedTokens is [var token, ..])
        {
            if (token.StartsWith('-') && arguments.TakeWhile(argument => argument != token).Contains("--", StringComparer.Ordinal))
            {
                return new UsageException(
                    $"'{token}' stands behind --, where nothing is an option any more", $"options go before it, as in: {command.Name} --model NAME -- -file.csv; see {help}");
            }

            var names = token.StartsWith('-')
                ? command.Options.Select(option => option.Name).ToList()
                : command.Subcommands.Select(subcommand => subcommand.Name).ToList();
            return new UsageException(
                $"'{token}' is not {(token.StartsWith('-') ? "an option" : "something that is known")} here",
                names.Count > 0 ? $"{Sentence(NearNames.Suggest(token, names))} see {help}" : $"see {help}");
        }

        return new UsageException(parsed.Errors[0].Message, $"see {help}");
    }

    private static string Sentence(string suggestion) => suggestion.EndsWith('?') ? suggestion : suggestion + ";";

    /// <summary>The names that lead to a command, such as <c>dead list </c>; nothing for the root.</summary>
    private static string Path(RootCommand root, CommandResult command) =>
        command.Command == root ? "" : $"{Path(root, (CommandResult)command.Parent!)}{command.Command.Name} ";
}
