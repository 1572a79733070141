using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>Values that last for one run.</summary>
internal readonly struct DisposableValues(List<OrtValue>? values) : IDisposable
{
    public void Dispose()
    {
        foreach (var value in values ?? [])
        {
            value.Dispose();
        }
    }
}
