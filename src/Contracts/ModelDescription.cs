using Millrace.Contracts.Wire;

namespace Millrace.Contracts;

/// <summary>What a model takes and gives, for clients that build jobs for it.</summary>
public sealed record ModelDescription
{
    /// <summary>The model.</summary>
    public required string Name { get; init; }

    /// <summary>The version that this describes.</summary>
    public required string Version { get; init; }

    /// <summary>SHA-256 over the version's files and the <c>model.json</c>: another one may give other answers.</summary>
    /// <value>Default: empty, not known.</value>
    public string Fingerprint { get; init; } = "";

    /// <summary>Rows of one batch.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>
    /// Whether rows that run together give what each gives alone, as far as it was tried. Where they do not, a job's rows change each
    /// other's answers.
    /// </summary>
    /// <value>Default: true.</value>
    public bool IsBatchable { get; init; } = true;

    /// <summary>Bytes of one job's body that the worker takes.</summary>
    /// <value>Default: what a worker takes that is not told otherwise.</value>
    public int MaxPayloadBytes { get; init; } = WireLimits.DefaultMaxPayloadBytes;

    /// <summary>Bytes of one job's outputs, in the protocol's binary layout, that the worker gives.</summary>
    /// <value>Default: what a worker gives that is not told otherwise.</value>
    public int MaxOutputBytes { get; init; } = WireLimits.DefaultMaxOutputBytes;

    /// <summary>In the graph's order.</summary>
    public required IReadOnlyList<TensorDescription> Inputs { get; init; }

    /// <summary>The graph's, then those that the labels add.</summary>
    public required IReadOnlyList<TensorDescription> Outputs { get; init; }

    /// <summary>Which CSV columns feed which input, as <c>model.json</c> says it: what is a name and what a range, a file's header decides.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Columns { get; init; }

    /// <summary>The file that the model was evaluated on; null for none.</summary>
    public EvaluationDescription? Evaluation { get; init; }

    /// <summary>The outputs with the best labels of a row, one for each output that <c>model.json</c> declares labels of, in its order.</summary>
    public IReadOnlyList<string> LabelOutputs { get; init; } = [];

    /// <summary>The first of them; null where no labels are declared.</summary>
    public string? PredictionOutput { get; init; }

    /// <summary>The output with that label's score; null where no labels are declared.</summary>
    public string? ConfidenceOutput { get; init; }
}

/// <summary>An input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">What an element is.</param>
/// <param name="Shape">Its dimensions, -1 for any; the first is the batch dimension of a batchable model.</param>
/// <param name="HasRows">Of an output: whether its first dimension counts the job's rows. Else all of it belongs to the whole job.</param>
public sealed record TensorDescription(string Name, TensorDatatype Datatype, IReadOnlyList<long> Shape, bool HasRows = true);

/// <summary>A file with true labels.</summary>
/// <param name="File">Its name, for people.</param>
/// <param name="Sha256">Its content's SHA-256, in hexadecimal.</param>
/// <param name="LabelColumn">The column with the labels.</param>
/// <param name="HeldOutEvery">The step between rows that the model was never trained on.</param>
/// <param name="HeldOutFirst">The first of them, counted from 1 behind the header.</param>
public sealed record EvaluationDescription(string File, string Sha256, string LabelColumn, int HeldOutEvery, int HeldOutFirst);
