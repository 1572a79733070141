using System.Threading.Channels;
using Millrace.Contracts;
using Millrace.Producer;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Runs;

/// <summary>
/// Scores a file: one loop reads rows and sends them as jobs, another writes what comes back, in the file's order. The channel
/// between them holds the jobs under way, and bounds them.
/// </summary>
internal sealed class ScoreRun
{
    private const int MostComplaints = 10;

    private readonly CsvSource _source;
    private readonly ScoredCsv _target;
    private readonly InputMapping _mapping;
    private readonly OutputPlan _outputs;
    private readonly ModelDescription _model;
    private readonly ScoreOptions _options;
    private readonly ScoreProgress _progress;
    private readonly JobSizes _sizes;
    private readonly List<string> _complaints = [];
    private readonly LabelTally? _labels;
    private long? _startedAt;
    private long? _firstRowAt;
    private string? _note;

    public ScoreRun(
        CsvSource source,
        ScoredCsv target,
        InputMapping mapping,
        OutputPlan outputs,
        ModelDescription model,
        JobSizes sizes,
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
        _sizes = sizes;
        _labels = options.Label?.Target is { } compared ? new LabelTally(compared, model.Evaluation) : null;
    }

    /// <summary>Scores the file to its end.</summary>
    /// <param name="client">Whoever brings replies.</param>
    /// <param name="cancellationToken">Ends the run; the target is then not finished.</param>
    public async Task<ScoreSummary> RunAsync(IMillraceClient client, CancellationToken cancellationToken)
    {
        var requests = new RowRequests(client, _model, _options, _sizes);
        var portions = Channel.CreateBounded<Portion>(
            new BoundedChannelOptions(_options.MaxJobsInFlight) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(requests, portions.Writer, stop.Token), CancellationToken.None);
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
            Jobs = requests.Jobs,
            Complaints = _complaints,
            Notes = [.. _source.Notes(), .. _note is null ? Array.Empty<string>() : [_note]],
            Elapsed = _startedAt is { } startedAt ? _options.TimeProvider.GetElapsedTime(startedAt) : TimeSpan.Zero,
            FirstRowAt = _firstRowAt,
            Labels = _labels,
            Sha256 = _source.Sha256(),
        };
    }

    private async Task ReadAsync(RowRequests requests, ChannelWriter<Portion> portions, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new PortionBuilder(_mapping, _source, _options.Label);
            long next = 0;
            for (; await _source.ReadAsync(cancellationToken); next++)
            {
                if ((_source.Fault() ?? rows.TryAdd(_source.Reader)) is { } error)
                {
                    var failed = rows.Failed(_source.Reader, next, Complain(error, next + 1, _source.LineNumber));
                    rows.DropUnfinished();
                    // A job's rows follow one another without a gap: that is how its run_row names them.
                    await SendAsync(rows, next, requests, portions, cancellationToken);
                    await portions.WriteAsync(failed, cancellationToken);
                }
                else if (rows.RowCount >= _sizes.Rows || rows.SizeBytes >= _sizes.MaxBytes)
                {
                    await SendAsync(rows, next + 1, requests, portions, cancellationToken);
                }
            }

            await SendAsync(rows, next, requests, portions, cancellationToken);
            _note = rows.Note;
            portions.Complete();
        }
        catch (Exception failure)
        {
            portions.Complete(failure);
        }
    }

    private async Task SendAsync(
        PortionBuilder rows,
        long end,
        RowRequests requests,
        ChannelWriter<Portion> portions,
        CancellationToken cancellationToken)
    {
        if (rows.RowCount == 0)
        {
            return;
        }

        var firstRow = end - rows.RowCount;
        var (portion, inputs) = rows.Take(firstRow);
        var isFirst = _startedAt is null;
        _startedAt ??= _options.TimeProvider.GetTimestamp();
        var replies = requests.AskAsync(firstRow, portion.RowCount, inputs, _mapping.IsBatched, cancellationToken);
        await portions.WriteAsync(portion with { Replies = replies }, cancellationToken);
        if (isFirst && (_options.IsTakenUp || !_sizes.AreOutputsKnown))
        {
            // It tells whether the run has these rows, and how many of them fit into a reply.
            await replies;
        }
    }

    private async Task WriteAsync(ChannelReader<Portion> portions, CancellationToken cancellationToken)
    {
        await foreach (var portion in portions.ReadAllAsync(cancellationToken))
        {
            if (portion.Replies is null)
            {
                await WriteAsync(portion, outputs: null, portion.Error, cancellationToken);
                continue;
            }

            var first = 0;
            foreach (var reply in await portion.Replies)
            {
                var part = portion.Part(first, reply.RowCount);
                if (!OutputRows.TryRead(reply.Result, _outputs, reply.RowCount, out var outputs, out var error))
                {
                    Complain(part, error);
                }

                for (var row = 0; outputs?.FailedRows > 0 && row < part.RowCount; row++)
                {
                    if (outputs.Error(row) is { } rowError)
                    {
                        Complain(part.Part(row, 1), rowError);
                    }
                }

                await WriteAsync(part, outputs, error, cancellationToken);
                first += reply.RowCount;
            }
        }
    }

    private async Task WriteAsync(Portion portion, OutputRows? outputs, string? error, CancellationToken cancellationToken)
    {
        if (outputs is not null)
        {
            Compare(portion, outputs);
            await _target.WriteAsync(portion, outputs, cancellationToken);
            if (outputs.FailedRows < portion.RowCount)
            {
                _firstRowAt ??= _options.TimeProvider.GetTimestamp();
            }
        }
        else
        {
            await _target.WriteAsync(portion, error!, cancellationToken);
        }

        _progress.Add(portion.RowCount, outputs?.FailedRows ?? portion.RowCount, _source.BytesRead);
    }

    private void Compare(Portion portion, OutputRows outputs)
    {
        if (_labels is null)
        {
            return;
        }

        for (var row = 0; row < portion.RowCount; row++)
        {
            if (outputs.Error(row) is null)
            {
                _labels.Add(portion.FirstRow + row, portion.Labels[row], outputs.Compared(row));
            }
        }
    }

    private string Complain(string error, long row, long line)
    {
        AddComplaint($"{_source.Name}, row {row}, line {line}: {error}");
        return error;
    }

    private void Complain(Portion portion, string error) => AddComplaint(
        portion.RowCount == 1
            ? $"{_source.Name}, row {portion.FirstRow + 1}, line {portion.Lines[0]}: {error}"
            : $"{_source.Name}, rows {portion.FirstRow + 1} to {portion.FirstRow + portion.RowCount}, lines {portion.Lines[0]} to {portion.Lines[^1]}: {error}");

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
