using System.Diagnostics;
using System.Diagnostics.Metrics;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Observability;

/// <summary>The worker's instruments, with OpenTelemetry's units; the meter is called <c>Millrace</c>.</summary>
internal sealed class WorkerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Millrace";

    private readonly Meter _meter;
    private readonly Counter<long> _jobs;
    private readonly Histogram<double> _jobDuration;
    private readonly Histogram<int> _batchRows;
    private readonly Counter<long> _paddedRows;
    private readonly Histogram<double> _runDuration;
    private readonly Counter<long> _failedBatches;
    private readonly Counter<long> _bisections;
    private readonly Counter<long> _rowSearches;
    private readonly Counter<long> _rowFailures;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _versionWaits;
    private readonly Gauge<double> _retryOverdue;
    private readonly Counter<long> _reopenedSessions;
    private readonly Gauge<int> _batchLimit;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<int> _commitRows;
    private readonly Counter<long> _storeFailures;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _undeliverable;
    private readonly Counter<long> _sentAgain;
    private readonly TimeProvider _time;

    public WorkerMetrics(TimeProvider time)
    {
        _time = time;
        // Several workers may live in one process: the scope tells whose instruments they are.
        _meter = new Meter(MeterName, version: null, tags: null, scope: this);
        _jobs = _meter.CreateCounter<long>("millrace.jobs", "{job}", "Jobs with a committed row, by model, lane and status.");
        _jobDuration = _meter.CreateHistogram<double>("millrace.job.duration", "s", "From the delivery to the committed row.");
        _batchRows = _meter.CreateHistogram<int>("millrace.batch.rows", "{row}", "Rows of jobs in a batch, padding left out.");
        _paddedRows = _meter.CreateCounter<long>("millrace.batch.padding", "{row}", "Rows that only filled a bucket.");
        _runDuration = _meter.CreateHistogram<double>("millrace.batch.duration", "s", "Packing, running and unpacking a batch.");
        _failedBatches = _meter.CreateCounter<long>("millrace.batch.failures", "{batch}", "Runs that failed, by cause; their jobs were run in parts or tried again.");
        _bisections = _meter.CreateCounter<long>("millrace.batch.bisections", "{batch}", "Failed batches of several jobs that were searched for the one at fault.");
        _rowSearches = _meter.CreateCounter<long>("millrace.row.searches", "{job}", "Jobs that want their good rows answered and were searched for the bad ones.");
        _rowFailures = _meter.CreateCounter<long>("millrace.row.failures", "{row}", "Rows without an answer, of jobs that want their good ones answered, by model.");
        _reopenedSessions = _meter.CreateCounter<long>("millrace.session.reopened", "{session}", "Sessions made anew after they ran out of memory or lost their device, by cause.");
        _batchLimit = _meter.CreateGauge<int>("millrace.batch.limit", "{row}", "The most rows of a batch, where larger ones ran out of memory.");
        _retries = _meter.CreateCounter<long>("millrace.job.retries", "{job}", "Jobs to be tried again, by model, lane and cause.");
        _versionWaits = _meter.CreateCounter<long>("millrace.job.version_waits", "{job}", "Jobs sent back for another worker, because this one lacks the model version that they name, by model and lane.");
        _retryOverdue = _meter.CreateGauge<double>("millrace.retry.overdue", "s", "How far a queue of delayed retries is behind its delay, by queue; 0 where jobs come back in time.");
        _commitDuration = _meter.CreateHistogram<double>("millrace.commit.duration", "s", "One commit, retries included.");
        _commitRows = _meter.CreateHistogram<int>("millrace.commit.rows", "{row}", "Rows of one commit.");
        _storeFailures = _meter.CreateCounter<long>("millrace.store.failures", "{call}", "Calls to the store that failed and are tried again, by what the failure is about.");
        _deadLetters = _meter.CreateCounter<long>("millrace.dead_letters", "{message}", "Bodies that could not be read, and jobs that the broker gave up, by model and code.");
        _undeliverable = _meter.CreateCounter<long>("millrace.replies.undeliverable", "{reply}", "Replies that could not be delivered, by model and reason.");
        _sentAgain = _meter.CreateCounter<long>("millrace.messages.sent_again", "{message}", "Messages that the broker did not confirm and that are sent again, by cause: refused, lost, suspect.");
    }

    public void StoreFailed(StoreFaultKind kind) => _storeFailures.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public void BatchRan(string model, string version, int rows, int paddedRows, TimeSpan duration)
    {
        var tags = new TagList { { "model", model }, { "version", version } };
        _batchRows.Record(rows, tags);
        _runDuration.Record(duration.TotalSeconds, tags);
        if (paddedRows > rows)
        {
            _paddedRows.Add(paddedRows - rows, tags);
        }
    }

    public void BatchFailed(string model, string version, FailureCause cause) =>
        _failedBatches.Add(1, new TagList { { "model", model }, { "version", version }, { "cause", NameOf(cause) } });

    public void BatchBisected(string model, string version) => _bisections.Add(1, new TagList { { "model", model }, { "version", version } });

    public void RowsSearched(string model, string version) => _rowSearches.Add(1, new TagList { { "model", model }, { "version", version } });

    public void BatchLimited(string model, string version, int rows) => _batchLimit.Record(rows, new TagList { { "model", model }, { "version", version } });

    public void SessionReopened(string model, string version, FailureCause cause) =>
        _reopenedSessions.Add(1, new TagList { { "model", model }, { "version", version }, { "cause", NameOf(cause) } });

    public void Retried(PendingJob job, FailureCause cause) =>
        _retries.Add(1, new TagList { { "model", job.ModelName }, { "lane", job.Lane.ToName() }, { "cause", NameOf(cause) } });

    public void WaitsForVersion(PendingJob job) =>
        _versionWaits.Add(1, new TagList { { "model", job.ModelName }, { "lane", job.Lane.ToName() } });

    public void RetryOverdue(string queue, TimeSpan overdue) =>
        _retryOverdue.Record(overdue.TotalSeconds, new KeyValuePair<string, object?>("queue", queue));

    public void Committed(List<PendingJob> jobs, TimeSpan duration)
    {
        _commitRows.Record(jobs.Count);
        _commitDuration.Record(duration.TotalSeconds);
        foreach (var job in jobs)
        {
            if (job.Outcome.RowErrors.Count > 0)
            {
                _rowFailures.Add(job.Outcome.RowErrors.Count, new KeyValuePair<string, object?>("model", job.ModelName));
            }
        }

        if (!_jobs.Enabled && !_jobDuration.Enabled)
        {
            return;
        }

        foreach (var job in jobs)
        {
            var tags = new TagList
            {
                { "model", job.ModelName },
                { "lane", job.Lane.ToName() },
                { "status", job.Outcome.Status.ToWireName() },
            };
            _jobs.Add(1, tags);
            _jobDuration.Record(_time.GetElapsedTime(job.ReceivedTimestamp).TotalSeconds, tags);
        }
    }

    public void DeadLettered(string model, string code) => _deadLetters.Add(1, new TagList { { "model", model }, { "code", code } });

    /// <param name="model">The model that the caller named; null for a body of which none can be read.</param>
    /// <param name="reason">One of <see cref="Results.UndeliverableReason"/>.</param>
    public void Undeliverable(string? model, string reason) => _undeliverable.Add(1, new TagList { { "model", model }, { "reason", reason } });

    public void SentAgain(string cause) => _sentAgain.Add(1, new KeyValuePair<string, object?>("cause", cause));

    public void Dispose() => _meter.Dispose();

    private static string NameOf(FailureCause cause) => cause switch
    {
        FailureCause.OutOfMemory => "out_of_memory",
        FailureCause.DeviceLost => "device_lost",
        FailureCause.TimeLimit => "run_timeout",
        FailureCause.Refused => "refused",
        _ => "inference",
    };
}
