using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Millrace.Contracts;
using Millrace.Producer.Client;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Scoring;

/// <summary>
/// Scores a file: one loop reads rows and sends them as jobs, another writes what comes back, in the file's order. The channel
/// between them holds the jobs under way, and bounds them.
/// </summary>
internal sealed class ScoreRun
{
    private const int MostComplaints = 10;
    private const int MostRowsPerJob = 256;

    private readonly CsvSource _source;
    private readonly ScoredCsv _target;
    private readonly InputMapping _mapping;
    private readonly OutputPlan _outputs;
    private readonly ModelDescription _model;
    private readonly ScoreOptions _options;
    private readonly ScoreProgress _progress;
    private readonly JsonElement _runId;
    private readonly int? _labelIndex;
    private readonly int _rowsPerJob;
    private readonly List<string> _complaints = [];
    private readonly LabelTally? _labels;
    private long? _startedAt;
    private long? _firstRowAt;
    private int _jobs;

    public ScoreRun(
        CsvSource source,
        ScoredCsv target,
        InputMapping mapping,
        OutputPlan outputs,
        ModelDescription model,
        ScoreOptions options,
        ScoreProgress progress)
    {
        _source = source;
        _target = target;
        _mapping = mapping;
        _outputs = outputs;
        _model = model;
        _options = options;
        _progress = progress;
        _runId = JsonElement.Parse($"\"{options.RunId}\"");
        _rowsPerJob = mapping.IsBatched ? options.RowsPerJob ?? Math.Clamp(model.MaxBatchSize, 1, MostRowsPerJob) : 1;
        _labelIndex = options.LabelColumn is { } label ? source.Header.ToList().IndexOf(label) : null;
        _labels = _labelIndex is not null && outputs.HasPrediction ? new LabelTally(model.Evaluation) : null;
    }

    /// <summary>Scores the file to its end.</summary>
    /// <param name="client">Reads may start before it is connected.</param>
    /// <param name="cancellationToken">Ends the run; the target is then not finished.</param>
    public async Task<ScoreSummary> RunAsync(Task<MillraceClient> client, CancellationToken cancellationToken)
    {
        var portions = Channel.CreateBounded<Portion>(
            new BoundedChannelOptions(_options.MaxJobsInFlight) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(client, portions.Writer, stop.Token), CancellationToken.None);
        try
        {
            await WriteAsync(portions.Reader, stop.Token);
            await reading;
        }
        catch
        {
            await stop.CancelAsync();
            // Only the first failure is told; the loop must have let go of the source before its owner does.
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }

        await _target.FinishAsync(cancellationToken);
        return new ScoreSummary
        {
            Rows = _progress.Rows,
            FailedRows = _progress.FailedRows,
            Jobs = _jobs,
            Complaints = _complaints,
            Elapsed = _startedAt is { } startedAt ? _options.TimeProvider.GetElapsedTime(startedAt) : TimeSpan.Zero,
            FirstRowAt = _firstRowAt,
            Labels = _labels is { Rows: > 0 } ? _labels : null,
            Sha256 = _source.Sha256(),
        };
    }

    private async Task ReadAsync(Task<MillraceClient> client, ChannelWriter<Portion> portions, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new PortionBuilder(_mapping, _source.Header, _labelIndex);
            long next = 0;
            for (; await _source.ReadAsync(cancellationToken); next++)
            {
                if ((_source.Fault() ?? rows.TryAdd(_source.Reader)) is { } error)
                {
                    var failed = rows.Failed(_source.Reader, next, _source.Separator, Complain(error, _source.Reader.LineNumber));
                    rows.DropUnfinished();
                    // A job's rows follow one another without a gap: that is how its run_row names them.
                    await SendAsync(rows, next, client, portions, cancellationToken);
                    await portions.WriteAsync(failed, cancellationToken);
                }
                else if (rows.RowCount >= _rowsPerJob || rows.SizeBytes >= _options.MaxJobBytes)
                {
                    await SendAsync(rows, next + 1, client, portions, cancellationToken);
                }
            }

            await SendAsync(rows, next, client, portions, cancellationToken);
            portions.Complete();
        }
        catch (Exception failure)
        {
            portions.Complete(failure);
        }
    }

    private async Task SendAsync(
        PortionBuilder rows, long end, Task<MillraceClient> client, ChannelWriter<Portion> portions, CancellationToken cancellationToken)
    {
        if (rows.RowCount == 0)
        {
            return;
        }

        var firstRow = end - rows.RowCount;
        var (portion, inputs) = rows.Take(firstRow);
        var job = new PredictionJob
        {
            Id = JobId.ForRows(_options.RunId, firstRow, portion.RowCount),
            ModelName = _model.Name,
            Inputs = inputs,
            Parameters = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                [JobParameters.RunId] = _runId,
                [JobParameters.RunRow] = JsonElement.Parse(firstRow.ToString(CultureInfo.InvariantCulture)),
            },
        };
        var connected = await client;
        _startedAt ??= _options.TimeProvider.GetTimestamp();
        _jobs++;
        await portions.WriteAsync(portion with { Reply = connected.PredictAsync(job, _options.Lane, cancellationToken) }, cancellationToken);
    }

    private async Task WriteAsync(ChannelReader<Portion> portions, CancellationToken cancellationToken)
    {
        await foreach (var portion in portions.ReadAllAsync(cancellationToken))
        {
            var error = portion.Error;
            OutputRows? outputs = null;
            if (portion.Reply is { } reply && !OutputRows.TryRead(await reply, _outputs, portion.RowCount, out outputs, out error))
            {
                Complain(portion, error);
            }

            if (outputs is not null)
            {
                Compare(portion, outputs);
                await _target.WriteAsync(portion, outputs, cancellationToken);
                _firstRowAt ??= _options.TimeProvider.GetTimestamp();
            }
            else
            {
                await _target.WriteAsync(portion, error!, cancellationToken);
            }

            _progress.Add(portion.RowCount, failed: outputs is null, _source.BytesRead);
        }
    }

    private void Compare(Portion portion, OutputRows outputs)
    {
        if (_labels is null)
        {
            return;
        }

        for (var row = 0; row < portion.RowCount; row++)
        {
            _labels.Add(portion.FirstRow + row, portion.Labels[row], outputs.First(row));
        }
    }

    private string Complain(string error, long line)
    {
        AddComplaint($"{_source.Name}, line {line}: {error}");
        return error;
    }

    private void Complain(Portion portion, string error) => AddComplaint(
        portion.RowCount == 1
            ? $"{_source.Name}, row {portion.FirstRow + 1}: {error}"
            : $"{_source.Name}, rows {portion.FirstRow + 1} to {portion.FirstRow + portion.RowCount}: {error}");

    private void AddComplaint(string complaint)
    {
        lock (_complaints)
        {
            if (_complaints.Count < MostComplaints)
            {
                _complaints.Add(complaint);
            }
        }
    }
}
