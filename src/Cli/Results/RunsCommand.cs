using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Results;

namespace Millrace.Cli.Results;

/// <summary><c>millrace runs</c>: the files that were scored.</summary>
internal static class RunsCommand
{
    private const int DefaultLimit = 20;

    public static Command Create(CliContext context)
    {
        var limit = CountOption.Create("--limit", $"At most so many [default: {DefaultLimit}]");
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Command("runs", "Show the runs of score, newest first.") { limit, json };
        var services = new ServiceOptions().AddStore(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var store = services.Store(arguments, context).OpenExisting(context);
            var runs = store.QueryRunsAsync(arguments.GetValue(limit) ?? DefaultLimit, cancellationToken);
            if (arguments.GetValue(json))
            {
                using var lines = new JsonLines(context.Out);
                await store.ReadOrExplainAsync(runs, run => lines.Write(run, Write), cancellationToken);
                return ExitCode.Ok;
            }

            using var table = new TextTable(context, "run", "model", "rows", "jobs", "first committed (UTC)", "took");
            await store.ReadOrExplainAsync(runs, run => table.Add(Cells(run)), cancellationToken);
            await table.PrintAsync(none: "no runs");
            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(RunSummary run) =>
    [
        run.RunId.ToString(),
        run.ModelName,
        run.FailedRowCount == 0 ? Count(run.RowCount) : $"{Count(run.RowCount)} ({Count(run.FailedRowCount)} without an answer)",
        string.Join(", ", run.Statuses.Select(status => $"{status.Value} {status.Key.ToWireName()}")),
        ResultText.Time(run.FirstCommittedAt),
        $"{(run.LastCommittedAt - run.FirstCommittedAt).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s",
    ];

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter json, RunSummary run)
    {
        json.WriteStartObject();
        json.WriteString("run_id"u8, run.RunId);
        json.WriteString("model_name"u8, run.ModelName);
        json.WriteNumber("jobs"u8, run.JobCount);
        json.WriteNumber("rows"u8, run.RowCount);
        json.WriteNumber("failed_rows"u8, run.FailedRowCount);
        json.WriteStartObject("statuses"u8);
        foreach (var (status, count) in run.Statuses)
        {
            json.WriteNumber(status.ToWireName(), count);
        }

        json.WriteEndObject();
        json.WriteString("first_committed_at"u8, run.FirstCommittedAt);
        json.WriteString("last_committed_at"u8, run.LastCommittedAt);
        json.WriteEndObject();
    }
}
