using Microsoft.ML.OnnxRuntime;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>Opens sessions on the first execution provider of a list that is there.</summary>
internal static class SessionFactory
{
    /// <summary>Opens a session of a file on a provider.</summary>
    /// <exception cref="ModelFileException">The file cannot be read, or has changed since it was read first.</exception>
    /// <exception cref="OnnxRuntimeException">It cannot be opened.</exception>
    public static InferenceSession Open(ModelFiles files, string provider, int intraOpThreads)
    {
        using var content = files.Read();
        return Open(content, provider, intraOpThreads);
    }

    /// <param name="content">The model.</param>
    /// <param name="providers">In the order of preference.</param>
    /// <param name="intraOpThreads">Threads of one run on the CPU.</param>
    /// <param name="unavailable">Gets each provider that was passed over, and why.</param>
    /// <returns>The session and its provider; null where none of them could be used.</returns>
    public static (InferenceSession Session, string Provider)? TryOpen(
        ModelContent content, IReadOnlyList<string> providers, int intraOpThreads, Action<string, Exception> unavailable)
    {
        foreach (var provider in providers)
        {
            try
            {
                return (Open(content, provider, intraOpThreads), provider);
            }
            catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                unavailable(provider, fault);
            }
        }

        return null;
    }

    private static InferenceSession Open(ModelContent content, string provider, int intraOpThreads)
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        using var options = ExecutionProviders.CreateOptions(provider, intraOpThreads);
        return content.Open(options);
    }
}
