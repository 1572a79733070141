using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Producer.DeadLetters;

namespace Millrace.Cli.DeadLetters;

/// <summary><c>millrace dead show</c>: all of one job's dead letters.</summary>
internal static class DeadShowCommand
{
    public static Command Create(CliContext context)
    {
        var job = IdArgument.Create("JOB", "The job's id");
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Command(
            "show", $"Show a job's dead letters with their headers and the first {DeadLetterText.MostBodyBytes >> 10} KiB of their bodies.")
        {
            job,
            json,
        };
        var services = new ServiceOptions().AddBroker(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var box = await DeadLetterBox.OpenAsync(
                services.RequiredBroker(arguments, context), services.CertificateAuthority(arguments, context), cancellationToken);
            var id = arguments.GetValue(job);
            var found = false;
            await foreach (var letter in new DeadLetterFilter { JobId = id }.Of(box, cancellationToken))
            {
                found = true;
                if (arguments.GetValue(json))
                {
                    using var lines = new JsonLines(context.Out);
                    lines.Write(letter, DeadLetterText.WriteWhole);
                }
                else
                {
                    await DeadLetterText.PrintWholeAsync(letter, context.Out, cancellationToken);
                }
            }

            if (found)
            {
                return ExitCode.Ok;
            }

            new ErrorReport(ExitCode.Failure, $"no dead letter of job {id}", $"'{context.ProgramName} dead list --jobs' names the jobs that have one").Write(context);
            return ExitCode.Failure;
        });
        return command;
    }
}
