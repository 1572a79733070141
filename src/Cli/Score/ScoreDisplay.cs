using System.Globalization;
using Millrace.Cli.Terminal;
using Millrace.Scoring.Runs;
using Spectre.Console;

namespace Millrace.Cli.Score;

/// <summary>Shows how far a run is, until it ends: a bar on a terminal, a line now and then elsewhere.</summary>
internal static class ScoreDisplay
{
    private static readonly TimeSpan s_barEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_lineEvery = TimeSpan.FromSeconds(5);

    /// <summary>Returns when <paramref name="scoring"/> has ended, however it did.</summary>
    /// <param name="context">Whose standard error it is shown on.</param>
    /// <param name="progress">What is shown.</param>
    /// <param name="length">Bytes of the file; null where they are not known.</param>
    /// <param name="scoring">The run.</param>
    public static Task ShowAsync(CliContext context, ScoreProgress progress, long? length, Task scoring) =>
        context.IsErrorTerminal ? ShowBarAsync(context, progress, length, scoring) : ShowLinesAsync(context, progress, length, scoring);

    private static async Task ShowLinesAsync(CliContext context, ScoreProgress progress, long? length, Task scoring)
    {
        while (!await EndedWithinAsync(scoring, s_lineEvery, context.TimeProvider))
        {
            await context.Error.WriteLineAsync($"{Rows(progress)}{Share(progress, length)}");
        }
    }

    private static async Task ShowBarAsync(CliContext context, ScoreProgress progress, long? length, Task scoring)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(context.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = context.MayColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        ProgressColumn[] columns = [new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn()];
        await console.Progress()
            .AutoRefresh(false)
            .Columns(columns)
            .StartAsync(async bar =>
            {
                var run = bar.AddTask(Rows(progress), maxValue: Math.Max(1, length ?? 1));
                run.IsIndeterminate = length is null;
                bool ended;
                do
                {
                    ended = await EndedWithinAsync(scoring, s_barEvery, context.TimeProvider);
                    run.Description = Rows(progress);
                    run.Value = scoring.IsCompletedSuccessfully ? run.MaxValue : length is null ? 0 : progress.BytesRead;
                    bar.Refresh();
                }
                while (!ended);
            });
    }

    /// <summary>Whether the run ended, in whatever way, before the time was up.</summary>
    private static async Task<bool> EndedWithinAsync(Task scoring, TimeSpan time, TimeProvider clock)
    {
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(scoring, Task.Delay(time, clock, ended.Token));
        await ended.CancelAsync();
        return scoring.IsCompleted;
    }

    private static string Rows(ScoreProgress progress)
    {
        var rows = progress.Rows.ToString("N0", CultureInfo.InvariantCulture);
        return progress.FailedRows == 0
            ? $"{rows} rows scored"
            : $"{rows} rows scored, {progress.FailedRows.ToString("N0", CultureInfo.InvariantCulture)} without success";
    }

    private static string Share(ScoreProgress progress, long? length) => length is > 0
        ? $" ({(100.0 * progress.BytesRead / length.Value).ToString("0", CultureInfo.InvariantCulture)} % of the file)"
        : "";
}
