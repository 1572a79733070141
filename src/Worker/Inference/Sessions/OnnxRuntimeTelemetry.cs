using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Turns ONNX Runtime's telemetry off, in every process that has the worker's assembly: it writes graphs' names and errors' texts, in
/// which there may be values of an input, to a database in the home folder, and sends them.
/// </summary>
internal static partial class OnnxRuntimeTelemetry
{
    private const string Switch = "ORT_DISABLE_TELEMETRY";

#pragma warning disable CA2255 // The native library looks once, when it is loaded: nothing that is called later comes before that for certain.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void TurnOff()
    {
        // For what is started from here, and for Windows. Elsewhere .NET keeps its own copy of the environment, which native code does not see.
        Environment.SetEnvironmentVariable(Switch, "1");
        if (!OperatingSystem.IsWindows())
        {
            _ = SetVariable(Switch, "1", overwrite: 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
