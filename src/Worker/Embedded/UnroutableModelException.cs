namespace Millrace.Worker.Embedded;

/// <summary>Nobody serves the model that a job was sent to.</summary>
public sealed class UnroutableModelException(string modelName, IEnumerable<string> served)
    : Exception($"model '{modelName}' is not served here; served: {string.Join(", ", served)}")
{
    /// <summary>The model.</summary>
    public string ModelName { get; } = modelName;
}
