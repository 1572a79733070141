using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>ONNX Runtime's execution providers by the names that model.json uses, and session options for each.</summary>
internal static class ExecutionProviders
{
    public const string Cpu = "cpu";
    public const string Cuda = "cuda";
    public const string TensorRt = "tensorrt";
    public const string WebGpu = "webgpu";

    // "[ErrorCode:Fail] …/provider_bridge_ort.cc:1988 … [ONNXRuntimeError] : 1 : FAIL : Failed to load library A with error: A: cannot …"
    // "[ErrorCode:Fail] …/webgpu_context.cc:100 … status == RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: …"
    private static readonly string[] s_preambles = [" : FAIL : ", " with error: ", " was false. "];

    private static readonly string[] s_ofTheFile = ["InvalidProtobuf", "NoModel", "InvalidGraph", "InvalidArgument"];

    private static readonly Lock s_webGpu = new();

    public static IReadOnlyList<string> Names { get; } = [TensorRt, Cuda, WebGpu, Cpu];

    /// <summary>Options for one session. WebGPU crashes where two sessions share them: a fresh one for each.</summary>
    /// <exception cref="OnnxRuntimeException">The provider's library or device is not there.</exception>
    /// <exception cref="EntryPointNotFoundException">This build of ONNX Runtime lacks the provider.</exception>
    public static SessionOptions CreateOptions(string provider, int intraOpThreads)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = intraOpThreads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        try
        {
            // An idle session must not burn a core while it waits for work.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            Append(options, provider);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    /// <summary>What whoever uses a session on the provider holds meanwhile, whichever the session.</summary>
    /// <remarks>
    /// All WebGPU sessions of a process record into one device without a lock: two that run at once end the process
    /// (microsoft/onnxruntime#32561, in 1.29). They would take turns on it anyway.
    /// </remarks>
    public static Lock LockOf(string provider) => provider == WebGpu ? s_webGpu : new Lock();

    /// <summary>What a person needs of ONNX Runtime's message: without the places in its source, and without saying it twice.</summary>
    public static string Reason(Exception fault)
    {
        var message = fault.Message;
        foreach (var mark in s_preambles)
        {
            if (message.LastIndexOf(mark, StringComparison.Ordinal) is var at and >= 0)
            {
                message = message[(at + mark.Length)..];
            }
        }

        return message.Trim();
    }

    /// <summary>Why no session of a file could be opened: where the file itself is no model, that alone, and not what providers are not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="faults">The providers that were tried, and what each ended with.</param>
    public static string Explain(string path, IReadOnlyList<(string Provider, Exception Fault)> faults) =>
        faults.Select(tried => tried.Fault).FirstOrDefault(IsOfTheFile) is { } unreadable
            ? $"{path} is not a readable ONNX model: {Reason(unreadable)}"
            : $"{path} cannot be loaded; {string.Join("; ", faults.OrderBy(tried => tried.Provider != Cpu).Select(tried => $"{tried.Provider}: {Reason(tried.Fault)}"))}";

    // "[ErrorCode:InvalidProtobuf] Failed to load model because protobuf parsing failed."
    private static bool IsOfTheFile(Exception fault) => fault is OnnxRuntimeException && s_ofTheFile.Any(code => fault.Message.StartsWith($"[ErrorCode:{code}]", StringComparison.Ordinal));

    private static void Append(SessionOptions options, string provider)
    {
        switch (provider)
        {
            case Cpu:
                return;
            case Cuda:
            {
                // The overload with options names the missing library; the one with a device number hides it.
                using var cuda = new OrtCUDAProviderOptions();
                cuda.UpdateOptions(new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    // EXHAUSTIVE costs hundreds of milliseconds for every new batch size.
                    ["cudnn_conv_algo_search"] = "HEURISTIC",
                });
                options.AppendExecutionProvider_CUDA(cuda);
                return;
            }

            case TensorRt:
            {
                using var tensorRt = new OrtTensorRTProviderOptions();
                options.AppendExecutionProvider_Tensorrt(tensorRt);
                options.AppendExecutionProvider_CUDA();
                return;
            }

            case WebGpu:
                options.AppendExecutionProvider("WebGPU");
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(provider), provider, $"expected one of {string.Join(", ", Names)}");
        }
    }
}
