using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference;

/// <summary>Reads what clients need to know of a model from its folder.</summary>
public static class ModelDescriptions
{
    /// <summary>Reads the newest version of a model.</summary>
    /// <exception cref="ModelConfigurationException">There is none, or it cannot be served.</exception>
    public static ModelDescription Read(string modelsDirectory, string modelName)
    {
        var errors = new List<string>();
        var folder = ModelRepository.Read(modelsDirectory, [modelName], errors).SingleOrDefault();
        if (folder is null)
        {
            throw new ModelConfigurationException(errors);
        }

        void Problem(string problem) => errors.Add($"model '{modelName}': {problem}");
        var version = folder.Versions[^1];
        using var session = Open(folder.ModelFile(version), Problem) ?? throw new ModelConfigurationException(errors);
        var signature = ModelSignature.Of(session, Problem);
        // Whether batches give what single runs give is the worker's to find out; a client only needs the tensors.
        var model = ModelVersionFactory.Create(
            modelName, version, folder.Config, signature, batchGivesSingles: true, Problem, BatchSize(session, signature, folder.Config));
        return errors.Count == 0 ? Describe(folder, model) : throw new ModelConfigurationException(errors);
    }

    /// <summary>As a worker on this machine would choose it, so that a job of the client's fills a batch.</summary>
    private static int BatchSize(InferenceSession session, ModelSignature signature, ModelConfig config) =>
        signature.HasBatchDimension && config is { MaxBatchSize: null, Buckets.Count: 0 }
            ? BatchSizeChoice.Choose(new BatchSizeTrial(TimeProvider.System).Measure(session, signature), new ModelsOptions().TargetRunTime)
            : BatchSizeChoice.Unmeasured;

    private static InferenceSession? Open(string file, Action<string> problem)
    {
        try
        {
            using var content = new ModelFiles(file).Read();
            return SessionFactory.TryOpen(
                content, [ExecutionProviders.Cpu], 1, (_, fault) => problem($"{file} cannot be loaded; {ExecutionProviders.Reason(fault)}"))?.Session;
        }
        catch (ModelFileException fault)
        {
            problem(fault.Message);
            return null;
        }
    }

    private static ModelDescription Describe(ModelFolder folder, ModelVersion model)
    {
        var label = model.Labels.Count > 0 ? model.Labels[0] : null;
        var evaluation = folder.Config.Evaluation;
        return new ModelDescription
        {
            Name = model.Name,
            Version = model.Version,
            MaxBatchSize = model.MaxBatchSize,
            Inputs = Describe(model.Signature.Inputs),
            Outputs = Describe(model.Outputs),
            Columns = folder.Config.Columns.ToDictionary(pair => pair.Key, pair => ColumnRange.Expand(pair.Value), StringComparer.Ordinal),
            Evaluation = evaluation is null
                ? null
                : new EvaluationDescription(evaluation.File, evaluation.Sha256, evaluation.LabelColumn, evaluation.HeldOut.Every, evaluation.HeldOut.First),
            PredictionOutput = label is null ? null : model.Outputs[label.LabelOutput].Name,
            ConfidenceOutput = label is null ? null : model.Outputs[label.ScoreOutput].Name,
        };
    }

    private static IReadOnlyList<TensorDescription> Describe(IReadOnlyList<TensorSpec> specs) =>
        [.. specs.Select(spec => new TensorDescription(spec.Name, spec.Datatype, spec.Shape))];
}
