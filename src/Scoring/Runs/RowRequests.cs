using System.Globalization;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Producer;
using Millrace.Scoring.Sinks;

namespace Millrace.Scoring.Runs;

/// <summary>Sends rows as jobs of a run. A bad row fails alone. The rows of a job that is refused for its
/// size, or in which too many are bad to be told apart, are sent again in halves, down to the row.</summary>
internal sealed class RowRequests(IMillraceClient client, ModelDescription model, ScoreOptions options, JobSizes sizes)
{
    private static readonly JsonElement s_true = JsonElement.Parse("true");

    private readonly JsonElement _runId = JsonElement.Parse($"\"{options.RunId}\"");
    private int _jobs;

    /// <summary>Jobs sent.</summary>
    public int Jobs => Volatile.Read(ref _jobs);

    /// <summary>Sends rows.</summary>
    /// <param name="firstRow">Number of the first, from 0.</param>
    /// <param name="rowCount">How many they are.</param>
    /// <param name="inputs">One for each of the model's inputs.</param>
    /// <param name="isBatched">Whether their first dimension counts the rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The replies, in the rows' order: one, or several for parts of the rows.</returns>
    /// <exception cref="RunConflictException">The run was begun with other rows.</exception>
    public Task<IReadOnlyList<RowsReply>> AskAsync(
        long firstRow, int rowCount, IReadOnlyList<Tensor> inputs, bool isBatched, CancellationToken cancellationToken) =>
        AskAsync(new Rows(firstRow, rowCount, inputs), JobId.ForRun(options.RunId, firstRow), isBatched, cancellationToken);

    private async Task<IReadOnlyList<RowsReply>> AskAsync(Rows rows, Guid jobId, bool isBatched, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _jobs);
        var reply = await client.PredictAsync(Job(rows, jobId), options.Lane, cancellationToken);
        if (reply.Code == ErrorCode.IdConflict)
        {
            throw new RunConflictException(options.RunId, rows.First);
        }

        var isForItsSize = IsForItsSize(reply);
        if (rows.Count == 1 || !isBatched || !(isForItsSize || reply.RowErrors.Any(error => error.Code == ErrorCode.RowNotRun)))
        {
            return [new RowsReply(rows.Count, reply)];
        }

        if (isForItsSize)
        {
            sizes.Refused(rows.Count);
        }

        var half = rows.Count / 2;
        var parts = new List<RowsReply>();
        foreach (var part in new[] { rows.Part(0, half), rows.Part(half, rows.Count - half) })
        {
            // Not the whole's id: that job has ended.
            parts.AddRange(await AskAsync(part, JobId.ForRows(options.RunId, part.First, part.Count), isBatched, cancellationToken));
        }

        return parts;
    }

    /// <summary>Also where outputs are found too large once they are there; that fewer rows help is not certain then, but found out.</summary>
    private static bool IsForItsSize(PredictionResult reply) => reply.RowErrors.Count == 0 &&
        reply.Code is ErrorCode.PayloadTooLarge or ErrorCode.ShapeTooLarge or ErrorCode.ReplyTooLarge or ErrorCode.OutputInvalid;

    private PredictionJob Job(Rows rows, Guid jobId) => new()
    {
        Id = jobId,
        ModelName = model.Name,
        // One for all: rows of one file are not to be answered by two.
        ModelVersion = model.Version,
        Inputs = rows.Inputs,
        Parameters = Parameters(rows),
    };

    private Dictionary<string, JsonElement> Parameters(Rows rows)
    {
        var parameters = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            [JobParameters.RunId] = _runId,
            [JobParameters.RunRow] = JsonElement.Parse(rows.First.ToString(CultureInfo.InvariantCulture)),
        };
        if (rows.Count > 1 && model.IsBatchable)
        {
            // A bad row fails alone. Where rows change each other's answers, no row can be taken out of its job.
            parameters.Add(JobParameters.Partial, s_true);
        }

        return parameters;
    }

    private sealed record Rows(long First, int Count, IReadOnlyList<Tensor> Inputs)
    {
        public Rows Part(int first, int count) => new(First + first, count, [.. Inputs.Select(input => TensorRows.Slice(input, first, count))]);
    }
}
