using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference;

/// <summary>Opens sessions on the first execution provider of a list that is there.</summary>
internal static class SessionFactory
{
    /// <summary>Opens one more session on a provider that is known to be there.</summary>
    /// <param name="modelFile">The graph.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="intraOpThreads">Threads of one run on the CPU.</param>
    /// <exception cref="OnnxRuntimeException">It cannot be opened.</exception>
    public static InferenceSession Open(string modelFile, string provider, int intraOpThreads)
    {
        using var options = ExecutionProviders.CreateOptions(provider, intraOpThreads);
        return new InferenceSession(modelFile, options);
    }

    /// <param name="modelFile">The graph.</param>
    /// <param name="providers">In the order of preference.</param>
    /// <param name="intraOpThreads">Threads of one run on the CPU.</param>
    /// <param name="unavailable">Gets each provider that was passed over, and why.</param>
    /// <returns>The session and its provider; null where none of them could be used.</returns>
    public static (InferenceSession Session, string Provider)? TryOpen(
        string modelFile, IReadOnlyList<string> providers, int intraOpThreads, Action<string, Exception> unavailable)
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        foreach (var provider in providers)
        {
            try
            {
                return (Open(modelFile, provider, intraOpThreads), provider);
            }
            catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                unavailable(provider, fault);
            }
        }

        return null;
    }
}
