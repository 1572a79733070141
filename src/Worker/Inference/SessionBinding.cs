using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference;

/// <summary>A session's inputs, and the outputs whose size is known, bound for one batch shape: made once, run many times.</summary>
/// <param name="IoBinding">The library's binding.</param>
/// <param name="Values">Tensors over pinned memory that the binding refers to.</param>
internal sealed record SessionBinding(OrtIoBinding IoBinding, IReadOnlyList<OrtValue> Values) : IDisposable
{
    public void Dispose()
    {
        IoBinding.Dispose();
        foreach (var value in Values)
        {
            value.Dispose();
        }
    }
}
