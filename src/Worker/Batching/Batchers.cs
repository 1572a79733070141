using Millrace.Worker.Inference;

namespace Millrace.Worker.Batching;

/// <summary>The batcher of each model version that is served.</summary>
internal sealed class Batchers : IDisposable
{
    // Two models are never the same one, and their values are long to compare.
    private readonly Dictionary<ServedModel, Batcher> _batchers = new(ReferenceEqualityComparer.Instance);

    public Batchers(params IEnumerable<(ServedModel Model, Batcher Batcher)> batchers)
    {
        foreach (var (model, batcher) in batchers)
        {
            _batchers.Add(model, batcher);
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Batcher> All => _batchers.Values;

    /// <summary>Makes one for each model of a catalog.</summary>
    public static Batchers For(ModelCatalog catalog, TimeProvider time) =>
        new(catalog.Models.Select(model => (model, new Batcher(model.Version.MaxBatchSize, model.Version.MaxQueueDelay, time))));

    /// <summary>Where a model's jobs wait.</summary>
    public Batcher Of(ServedModel model) => _batchers[model];

    public void Dispose()
    {
        foreach (var batcher in _batchers.Values)
        {
            batcher.Dispose();
        }
    }
}
