namespace Millrace.Worker.Inference;

/// <summary>The model repository cannot be served as it is; each error says which file and key, what was found and what was expected.</summary>
public sealed class ModelConfigurationException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
