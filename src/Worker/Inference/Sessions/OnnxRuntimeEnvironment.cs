using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>ONNX Runtime's environment: one for the process, as the library wants it.</summary>
internal static class OnnxRuntimeEnvironment
{
    // Held for the life of the process: native code calls it.
    private static readonly DOrtLoggingFunction s_log = static (_, _, _, _, _, _) => { };

    private static readonly Lazy<OrtEnv> s_environment = new(() =>
    {
        // Every error that matters comes back as an OnnxRuntimeException; without a callback the library floods stderr with a second
        // copy of each.
        var options = new EnvironmentCreationOptions
        {
            logId = "millrace",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            loggingFunction = s_log,
        };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    });

    /// <summary>Makes the environment, if it is not there yet. Before anything else of the library's is touched.</summary>
    public static void EnsureCreated() => _ = s_environment.Value;
}
