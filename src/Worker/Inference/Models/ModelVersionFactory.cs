using System.Text;
using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Models;

/// <summary>Puts a graph's signature and its <c>model.json</c> together; everything that does not fit is reported. Pure.</summary>
internal static class ModelVersionFactory
{
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="config">Its <c>model.json</c>.</param>
    /// <param name="signature">Its graph's.</param>
    /// <param name="batchGivesSingles">
    /// Whether a batch was seen to give what single runs give; null where that could not be tried. A batch dimension alone proves
    /// nothing: a softmax over it has matching shapes and other values.
    /// </param>
    /// <param name="problem">Gets what does not fit.</param>
    /// <param name="defaultBatchSize">The rows of a batch, where the config says nothing of them.</param>
    public static ModelVersion Create(
        string name,
        string version,
        ModelConfig config,
        ModelSignature signature,
        bool? batchGivesSingles,
        Action<string> problem,
        int defaultBatchSize = BatchSizeChoice.Unmeasured)
    {
        var mayBatch = signature.HasBatchDimension && batchGivesSingles != false;
        if (config.MaxBatchSize > 1 && !mayBatch)
        {
            problem(signature.HasBatchDimension
                ? $"max_batch_size is {config.MaxBatchSize}, but a batch gives other values than single runs do; expected max_batch_size 1"
                : $"max_batch_size is {config.MaxBatchSize}, but the graph has no batch dimension (an open first dimension of every input and output); expected 1");
        }

        // Unproven and not asked for: one job a run, with the rows that it brings, is always right.
        var isBatchable = mayBatch && (batchGivesSingles ?? config.MaxBatchSize > 1);
        var outputs = new List<TensorSpec>(signature.Outputs);
        var labels = CreateLabels(config, signature, outputs, problem);
        return new ModelVersion
        {
            Name = name,
            Version = version,
            Config = config,
            Signature = signature,
            Outputs = outputs,
            Labels = labels,
            Scales = CreateScales(config, signature, problem),
            IsBatchable = isBatchable,
            MaxBatchSize = isBatchable ? config.MaxBatchSize ?? (config.Buckets is [.., var largest] ? largest : defaultBatchSize) : 1,
            MaxQueueDelay = config.MaxQueueDelay,
            RunTimeout = config.RunTimeout,
            Buckets = isBatchable ? config.Buckets : [],
            RequireFinite = config.RequireFinite,
            MaxElements = config.MaxElements,
            FixedKey = FixedKeyOf(signature, isBatchable),
        };
    }

    private static BatchKey? FixedKeyOf(ModelSignature signature, bool isBatchable)
    {
        var shapes = signature.Inputs.Select(spec => isBatchable ? spec.Shape[1..] : spec.Shape).ToArray();
        return Array.TrueForAll(shapes, shape => Array.TrueForAll(shape, dimension => dimension >= 0)) ? new BatchKey(shapes) : null;
    }

    private static double?[] CreateScales(ModelConfig config, ModelSignature signature, Action<string> problem)
    {
        foreach (var input in config.Scale.Keys.Concat(config.Columns.Keys).Distinct(StringComparer.Ordinal))
        {
            if (!signature.Inputs.Any(spec => spec.Name == input))
            {
                problem($"scale or columns: the model has no input '{input}'; it has {Names(signature.Inputs)}");
            }
        }

        var scales = new double?[signature.Inputs.Count];
        for (var i = 0; i < scales.Length; i++)
        {
            var spec = signature.Inputs[i];
            scales[i] = config.Scale.TryGetValue(spec.Name, out var scale) ? scale : null;
            if (scales[i] is not null && spec.Datatype is not (TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64))
            {
                problem($"scale.{spec.Name}: only FP16, FP32 and FP64 inputs can be scaled, this one is {spec.Datatype.ToWireName()}");
            }
        }

        return scales;
    }

    private static List<LabelSpec> CreateLabels(ModelConfig config, ModelSignature signature, List<TensorSpec> outputs, Action<string> problem)
    {
        var labels = new List<LabelSpec>();
        foreach (var (output, names) in config.Labels)
        {
            var index = signature.Outputs.ToList().FindIndex(spec => spec.Name == output);
            if (index < 0)
            {
                problem($"labels.{output}: the model has no such output; it has {Names(signature.Outputs)}");
                continue;
            }

            var spec = signature.Outputs[index];
            if (spec.Datatype is not (TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64) || spec.Shape.Length != 2)
            {
                problem($"labels.{output}: expected an output of floats [rows, classes], this one is {spec.Datatype.ToWireName()} {spec.ShapeText}");
            }
            else if (spec.Shape[1] >= 0 && spec.Shape[1] != names.Count)
            {
                problem($"labels.{output}: expected {spec.Shape[1]} labels, found {names.Count}");
            }
            else if (config.TopK > names.Count)
            {
                problem($"top_k: expected at most the {names.Count} labels of '{output}', found {config.TopK}");
            }

            if (names.FirstOrDefault(IsNoText) is { } noText)
            {
                problem($"labels.{output}: label {names.ToList().IndexOf(noText)} holds U+0000 or half a surrogate pair, which can be neither stored nor sent");
            }

            // One labelled output gives 'label' and 'score'; several, or a graph that uses these names itself, need their own.
            var plain = config.Labels.Count == 1 && !signature.Outputs.Any(other => other.Name is "label" or "score");
            var prefix = plain ? "" : output + "_";
            outputs.Add(new TensorSpec(prefix + "label", TensorDatatype.Bytes, [-1, config.TopK]));
            outputs.Add(new TensorSpec(prefix + "score", TensorDatatype.Fp32, [-1, config.TopK]));
            labels.Add(new LabelSpec(index, [.. names.Select(Encoding.UTF8.GetBytes)], config.TopK, outputs.Count - 2, outputs.Count - 1));
        }

        foreach (var unfit in signature.Outputs.Where(spec => IsNoText(spec.Name)))
        {
            problem($"the name of output '{unfit.Name.Replace('\0', '\uFFFD')}' holds U+0000 or half a surrogate pair, which can be neither stored nor sent");
        }

        foreach (var twice in outputs.GroupBy(spec => spec.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            problem($"labels: the added output '{twice.Key}' has the name of another one");
        }

        return labels;
    }

    private static bool IsNoText(string text) =>
        text.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) != text;

    private static string Names(IReadOnlyList<TensorSpec> specs) => string.Join(", ", specs.Select(spec => $"'{spec.Name}'"));
}
