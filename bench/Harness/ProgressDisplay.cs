using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Millrace.Bench;

/// <summary>Shows how far a run is: a bar on a terminal, a line for each thing elsewhere. On standard error.</summary>
internal static class ProgressDisplay
{
    /// <param name="steps">How many steps there are.</param>
    /// <param name="work">The run; gets what to call with what is going on, and after each step.</param>
    public static async Task ShowAsync(int steps, Func<Action<string>, Action, Task> work)
    {
        if (Console.IsErrorRedirected)
        {
            var start = Stopwatch.GetTimestamp();
            await work(
                text => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start):mm\\:ss}  {text}")),
                () => { });
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new ElapsedTimeColumn(), new TaskDescriptionColumn())
            .StartAsync(async progress =>
            {
                var run = progress.AddTask("starts RabbitMQ and Postgres", maxValue: Math.Max(1, steps));
                await work(text => run.Description = Markup.Escape(text), () => run.Increment(1));
            });
    }
}
