using System.Text.Json.Serialization;

namespace Millrace.Worker.Inference.Models;

/// <summary>A model's <c>model.json</c>: how it is batched and run, and what its tensors mean to people. Every key may be left out.</summary>
public sealed record ModelConfig
{
    /// <summary>What the model does, for people.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// The most rows of one batch; a job of more is split over several. A model whose batches are not known to give what single runs
    /// give is not batched unless this says more than 1: every job then runs by itself, with all its rows.
    /// </summary>
    /// <value>
    /// Default: where the graph has a batch dimension and a batch gives what single runs give, as measured at load: the smallest of 1, 4,
    /// 16, 64, 256 and 1024 rows beyond which a row gets no cheaper, with a run of at most <c>Models:TargetRunTime</c>. Else 1.
    /// </value>
    public int? MaxBatchSize { get; init; }

    /// <summary>How long the oldest pending job may wait for a batch to fill; <c>"0ms"</c>, <c>"5ms"</c>, <c>"1s"</c>.</summary>
    /// <value>Default: 0, an idle session takes what is there.</value>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan MaxQueueDelay { get; init; }

    /// <summary>
    /// How long one run may take; a run that takes longer is stopped, and the job that it is for fails: <c>"500ms"</c>, <c>"30s"</c>.
    /// </summary>
    /// <value>Default: 300 s, well within the time after which a broker takes an unacked delivery back (RabbitMQ: 30 min).</value>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan RunTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Sessions of each version that run side by side.</summary>
    /// <value>Default: 1.</value>
    public int Instances { get; init; } = 1;

    /// <summary>Batch sizes in rows that are run; a batch is padded up to the next one. None: every size is run as it is.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<int> Buckets { get; init; } = [];

    /// <summary>ONNX Runtime's execution providers, the first available one is used: <c>tensorrt</c>, <c>cuda</c>, <c>webgpu</c>, <c>cpu</c>.</summary>
    /// <value>Default: those of <c>Models:ExecutionProviders</c>.</value>
    public IReadOnlyList<string>? ExecutionProviders { get; init; }

    /// <summary>Threads of one run on the CPU.</summary>
    /// <value>Default: 1, several instances serve small models better than several threads.</value>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>The most elements an input of one job may have.</summary>
    /// <value>Default: no limit but the body's size.</value>
    public long? MaxElements { get; init; }

    /// <summary>Whether NaN and infinities in an input are rejected.</summary>
    /// <value>Default: false.</value>
    public bool RequireFinite { get; init; }

    /// <summary>
    /// Which CSV columns feed which input, for <c>millrace score</c>: names, which are read against the file's header, and
    /// <c>"a_0..a_9"</c> or <c>"a_00..a_99"</c> for all that are counted from the one to the other. A name that the file has is that
    /// column, also where it looks like a range.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Columns { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>What an input's elements are multiplied by before the run (FP16, FP32 and FP64 inputs).</summary>
    public IReadOnlyDictionary<string, double> Scale { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Names of the classes along the last dimension of an output; adds the outputs <c>label</c> and <c>score</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Labels { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>How many labels a row gets, best first.</summary>
    /// <value>Default: 1.</value>
    public int TopK { get; init; } = 1;

    /// <summary>The file that the model was evaluated on.</summary>
    public EvaluationConfig? Evaluation { get; init; }
}
