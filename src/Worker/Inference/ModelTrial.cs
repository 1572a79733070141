using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Worker.Inference;

/// <summary>Runs a model on made-up rows before it is served, within limits: one that never ends on them must not keep the others from serving.</summary>
internal sealed partial class ModelTrial(IOptions<ModelsOptions> options, TimeProvider time, ILogger<ModelLoader> logger)
{
    private static readonly TimeSpan s_isLong = TimeSpan.FromSeconds(2);

    /// <summary>Tries what the graph and the <c>model.json</c> leave open: whether batches give what single runs give, and how large they are to be.</summary>
    /// <returns>Whether they do, null where that could not be tried; and the rows of a batch where the <c>model.json</c> says nothing of them.</returns>
    public (bool? GivesSingles, int BatchSize) Try(InferenceSession session, ModelSignature signature, ModelConfig config, string name, string version)
    {
        // Also for batches of one row: a job of several may be split into them only where they give the same.
        var givesSingles = signature.HasBatchDimension ? GivesSingles(session, signature, name, version) : null;
        return (
            givesSingles,
            givesSingles == true && config is { MaxBatchSize: null, Buckets.Count: 0 }
                ? ChooseBatchSize(session, signature, name, version)
                : BatchSizeChoice.Unmeasured);
    }

    /// <inheritdoc cref="BatchProbe.GivesSingles"/>
    private bool? GivesSingles(InferenceSession session, ModelSignature signature, string name, string version)
    {
        var most = options.Value.ProbeTimeout;
        using var limit = new RunLimit(most, time);
        using var notice = time.CreateTimer(_ => LogLong(name, version, s_isLong, most), null, s_isLong, Timeout.InfiniteTimeSpan);
        limit.Start();
        var verdict = BatchProbe.GivesSingles(session, signature, limit.Options);
        if (limit.End() && verdict is null)
        {
            LogStopped(name, version, most);
        }

        return verdict;
    }

    /// <summary>The rows of a batch, for a model whose owner names none.</summary>
    private int ChooseBatchSize(InferenceSession session, ModelSignature signature, string name, string version)
    {
        var runs = new BatchSizeTrial(time).Measure(session, signature);
        var rows = BatchSizeChoice.Choose(runs, options.Value.TargetRunTime);
        var measured = string.Join(", ", runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Rows} in {run.Run.TotalMilliseconds:0.###} ms")));
        LogChosen(name, version, rows, measured, options.Value.TargetRunTime);
        return rows;
    }

    [LoggerMessage(EventId = 107, Level = LogLevel.Information, Message = "Model {Model} version {Version}: batches of up to {Rows} row(s) are chosen, beyond which a row gets no cheaper within runs of {Target} (rows in a run: {Measured}); max_batch_size in its model.json decides where it is set")]
    private partial void LogChosen(string model, string version, int rows, string measured, TimeSpan target);

    [LoggerMessage(EventId = 105, Level = LogLevel.Information, Message = "Model {Model} version {Version}: its trial with made-up rows takes longer than {Elapsed}; the models behind it wait until it ends, or is stopped after {Limit}")]
    private partial void LogLong(string model, string version, TimeSpan elapsed, TimeSpan limit);

    [LoggerMessage(EventId = 106, Level = LogLevel.Warning, Message = "Model {Model} version {Version}: its trial with made-up rows was stopped after {Limit} (Models:ProbeTimeout)")]
    private partial void LogStopped(string model, string version, TimeSpan limit);
}
