using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference;

/// <summary>Opens the sessions of the model repository's folders.</summary>
internal sealed partial class ModelLoader(
    IOptions<ModelsOptions> options, IOptions<LimitsOptions> limits, TimeProvider time, ILogger<ModelLoader> logger)
{
    private readonly ModelTrial _trial = new(options, time, logger);

    /// <summary>Loads every version of every model that the options name.</summary>
    /// <exception cref="ModelConfigurationException">Some cannot be served; tells all of them.</exception>
    public ModelCatalog Load()
    {
        var errors = new List<string>();
        var models = new List<ServedModel>();
        foreach (var folder in ModelRepository.Read(options.Value.Directory, options.Value.NameList, ExecutionProviders.Names, errors))
        {
            foreach (var reason in folder.PassedOver)
            {
                LogNotServed(folder.Name, reason);
            }

            foreach (var version in folder.Versions)
            {
                if (TryLoad(folder, version, errors) is { } model)
                {
                    models.Add(model);
                }
            }
        }

        if (errors.Count > 0)
        {
            models.ForEach(model => model.Dispose());
            throw new ModelConfigurationException(errors);
        }

        return new ModelCatalog(models);
    }

    private ServedModel? TryLoad(ModelFolder folder, string version, List<string> errors)
    {
        var before = errors.Count;
        void Problem(string problem) => errors.Add($"model '{folder.Name}' version {version}: {problem}");

        var files = new ModelFiles(folder.ModelFile(version));
        var sessions = new List<InferenceSession>();
        var provider = Open(folder, files, sessions, Problem);
        if (provider is null)
        {
            return null;
        }

        var signature = ModelSignature.Of(sessions[0], Problem);
        if (errors.Count == before)
        {
            var (givesSingles, batchSize) = _trial.Try(sessions[0], signature, folder.Config, folder.Name, version);
            var model = ModelVersionFactory.Create(folder.Name, version, folder.Config, signature, givesSingles, Problem, batchSize) with
            {
                MaxOutputBytes = limits.Value.MaxOutputBytes,
                Fingerprint = folder.Fingerprint(files.Hashes),
            };
            if (errors.Count == before)
            {
                if (signature.HasBatchDimension && givesSingles != true && folder.Config.MaxBatchSize != 1)
                {
                    LogUnproven(folder.Name, model.Version, model.MaxBatchSize);
                }

                LogLoaded(folder.Name, model.Version, provider, sessions.Count, model.MaxBatchSize, string.Join(", ", files.Hashes));
                return new ServedModel(
                    model,
                    [.. sessions.Select(session => new Predictor(
                        model,
                        session,
                        () => SessionFactory.Open(files, provider, folder.Config.IntraOpThreads),
                        ExecutionProviders.LockOf(provider),
                        time))],
                    provider);
            }
        }

        sessions.ForEach(session => session.Dispose());
        return null;
    }

    private string? Open(ModelFolder folder, ModelFiles files, List<InferenceSession> sessions, Action<string> problem)
    {
        try
        {
            using var content = files.Read();
            return Open(folder, files, content, sessions, problem);
        }
        catch (ModelFileException fault)
        {
            problem(fault.Message);
            return null;
        }
    }

    private string? Open(ModelFolder folder, ModelFiles files, ModelContent content, List<InferenceSession> sessions, Action<string> problem)
    {
        var providers = folder.Config.ExecutionProviders ?? options.Value.ExecutionProviderList;
        var faults = new List<(string Provider, Exception Fault)>();
        string? chosen = null;
        for (var i = 0; i < folder.Config.Instances; i++)
        {
            var opened = SessionFactory.TryOpen(
                content,
                chosen is null ? providers : [chosen],
                folder.Config.IntraOpThreads,
                (provider, fault) => faults.Add((provider, fault)));
            if (opened is not { } session)
            {
                problem(ExecutionProviders.Explain(files.Path, faults));
                sessions.ForEach(other => other.Dispose());
                return null;
            }

            chosen = session.Provider;
            sessions.Add(session.Session);
        }

        if (faults.Count > 0)
        {
            LogPassedOver(folder.Name, chosen!, string.Join("; ", faults.Select(tried => $"{tried.Provider}: {ExecutionProviders.Reason(tried.Fault)}")));
        }

        return chosen;
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Serving model {Model} version {Version} on {Provider}: {Instances} instance(s), batches of up to {MaxBatchSize} rows; sha256 of {Hashes}")]
    private partial void LogLoaded(string model, string version, string provider, int instances, int maxBatchSize, string hashes);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "Model {Model} runs on {Provider}; not available: {Reasons}")]
    private partial void LogPassedOver(string model, string provider, string reasons);

    [LoggerMessage(EventId = 102, Level = LogLevel.Warning, Message = "Model {Model} version {Version} was not seen to give in a batch what it gives row by row; its batches have up to {MaxBatchSize} row(s), as its model.json says; without one, each job runs by itself")]
    private partial void LogUnproven(string model, string version, int maxBatchSize);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Model {Model}: {Reason}; it is not served")]
    private partial void LogNotServed(string model, string reason);
}
