using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference;

/// <summary>Reads what clients need to know of a model from its folder.</summary>
public static class ModelDescriptions
{
    /// <summary>Reads a version of a model, and tries it as a worker on this machine would.</summary>
    /// <param name="modelsDirectory">The model repository.</param>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <exception cref="ModelConfigurationException">There is none, or it cannot be served.</exception>
    public static ModelDescription Read(string modelsDirectory, string modelName, string? version)
    {
        var errors = new List<string>();
        var folder = ModelRepository.Read(modelsDirectory, [modelName], ExecutionProviders.Names, errors).SingleOrDefault();
        if (folder is null)
        {
            throw new ModelConfigurationException(errors);
        }

        void Problem(string problem) => errors.Add($"model '{modelName}': {problem}");
        if (version is not null && !folder.Versions.Contains(version, StringComparer.Ordinal))
        {
            Problem($"it has no version {version}, only {string.Join(", ", folder.Versions)}");
            throw new ModelConfigurationException(errors);
        }

        version ??= folder.Versions[^1];
        var files = new ModelFiles(folder.ModelFile(version));
        using var session = Open(files, Problem) ?? throw new ModelConfigurationException(errors);
        var signature = ModelSignature.Of(session, Problem);
        if (errors.Count > 0)
        {
            throw new ModelConfigurationException(errors);
        }

        var trial = new ModelTrial(Options.Create(new ModelsOptions()), TimeProvider.System, NullLogger<ModelLoader>.Instance);
        var (givesSingles, batchSize) = trial.Try(session, signature, folder.Config, modelName, version);
        var model = ModelVersionFactory.Create(modelName, version, folder.Config, signature, givesSingles, Problem, batchSize) with { Fingerprint = folder.Fingerprint(files.Hashes) };
        return errors.Count == 0 ? Of(model, new LimitsOptions()) : throw new ModelConfigurationException(errors);
    }

    /// <summary>Describes a version that is served.</summary>
    internal static ModelDescription Of(ModelVersion model, LimitsOptions limits)
    {
        var label = model.Labels.Count > 0 ? model.Labels[0] : null;
        var evaluation = model.Config.Evaluation;
        return new ModelDescription
        {
            Name = model.Name,
            Version = model.Version,
            Fingerprint = model.Fingerprint,
            MaxBatchSize = model.MaxBatchSize,
            IsBatchable = model.IsBatchable,
            MaxPayloadBytes = limits.MaxPayloadBytes,
            MaxOutputBytes = limits.MaxOutputBytes,
            Inputs = [.. model.Signature.Inputs.Select(spec => new TensorDescription(spec.Name, spec.Datatype, spec.Shape))],
            Outputs = [.. model.Outputs.Select(spec => new TensorDescription(spec.Name, spec.Datatype, spec.Shape, HasRows(spec, model)))],
            Columns = model.Config.Columns,
            Evaluation = evaluation is null
                ? null
                : new EvaluationDescription(evaluation.File, evaluation.Sha256, evaluation.LabelColumn, evaluation.HeldOut.Every, evaluation.HeldOut.First),
            LabelOutputs = [.. model.Labels.Select(one => model.Outputs[one.LabelOutput].Name)],
            PredictionOutput = label is null ? null : model.Outputs[label.LabelOutput].Name,
            ConfidenceOutput = label is null ? null : model.Outputs[label.ScoreOutput].Name,
        };
    }

    /// <summary>
    /// Batches were seen to give each row its own. Where they were not, the graph's word counts: a first dimension that it calls as it does
    /// the inputs'. Labels have the rows of the scores that they are of.
    /// </summary>
    private static bool HasRows(TensorSpec output, ModelVersion model)
    {
        if (model.IsBatchable)
        {
            return true;
        }

        var labelled = model.Labels.FirstOrDefault(label => model.Outputs[label.LabelOutput] == output || model.Outputs[label.ScoreOutput] == output);
        var rows = labelled is null ? output.FirstDimension : model.Outputs[labelled.Output].FirstDimension;
        return rows.Length > 0 && model.Signature.Inputs.All(input => input.FirstDimension == rows);
    }

    private static InferenceSession? Open(ModelFiles files, Action<string> problem)
    {
        try
        {
            using var content = files.Read();
            return SessionFactory.TryOpen(
                content, [ExecutionProviders.Cpu], 1, (provider, fault) => problem(ExecutionProviders.Explain(files.Path, [(provider, fault)])))?.Session;
        }
        catch (ModelFileException fault)
        {
            problem(fault.Message);
            return null;
        }
    }
}
