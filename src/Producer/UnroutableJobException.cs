using Millrace.Contracts;

namespace Millrace.Producer;

/// <summary>Nobody serves the model: the job came back at once, and nothing of it is kept.</summary>
public sealed class UnroutableJobException : Exception
{
    internal UnroutableJobException(string modelName, Lane lane, string reason, Exception? innerException = null)
        : base($"Nobody serves model '{modelName}': {reason}", innerException)
    {
        ModelName = modelName;
        Lane = lane;
    }

    /// <summary>The model that was asked.</summary>
    public string ModelName { get; }

    /// <summary>The lane that was asked.</summary>
    public Lane Lane { get; }
}
