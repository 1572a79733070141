using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference;

/// <summary>The models that this worker serves.</summary>
internal sealed class ModelCatalog : IDisposable
{
    private readonly Dictionary<string, SortedList<string, ServedModel>> _models = new(StringComparer.Ordinal);

    public ModelCatalog(IReadOnlyList<ServedModel> models)
    {
        Models = models;
        foreach (var model in models)
        {
            if (!_models.TryGetValue(model.Version.Name, out var versions))
            {
                _models.Add(model.Version.Name, versions = new SortedList<string, ServedModel>(VersionOrder.Instance));
            }

            versions.Add(model.Version.Version, model);
        }
    }

    public IReadOnlyList<ServedModel> Models { get; }

    public IReadOnlyCollection<string> Names => _models.Keys;

    /// <summary>The newest version of a model that is served.</summary>
    public ServedModel Newest(string name) => _models[name].Values[^1];

    /// <summary>Finds what a job asks for.</summary>
    /// <param name="name">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="model">The model, where there is one.</param>
    /// <returns>Why there is none; null where there is.</returns>
    public JobOutcome? Find(string name, string? version, out ServedModel model)
    {
        model = null!;
        if (!_models.TryGetValue(name, out var versions))
        {
            return JobOutcome.Rejected(ErrorCode.ModelNotFound, $"model_name: '{name}' is not served here, expected {Quote(_models.Keys)}");
        }

        if (version is null)
        {
            model = versions.Values[^1];
            return null;
        }

        var known = VersionOrder.IsVersion(version) && versions.TryGetValue(version, out model!);
        return known
            ? null
            : JobOutcome.Rejected(
                ErrorCode.ModelVersionNotFound,
                $"model_version: '{version}' of '{name}' is not served here, expected {Quote(versions.Values.Select(served => served.Version.Version))} or none");
    }

    /// <summary>Stops what runs, on every session, and begins no run any more: <see cref="Predictor.Terminate"/>.</summary>
    public void Terminate()
    {
        foreach (var model in Models)
        {
            model.Terminate();
        }
    }

    public void Dispose()
    {
        // All of them first: sessions that share a device wait for each other's runs.
        Terminate();
        foreach (var model in Models)
        {
            model.Dispose();
        }
    }

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
