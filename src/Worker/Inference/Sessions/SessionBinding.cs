using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>A session's tensors for one batch shape: made once, run many times.</summary>
/// <param name="IoBinding">The library's binding.</param>
/// <param name="Inputs">Tensors over the pinned memory of the numeric inputs, which each run binds.</param>
/// <param name="Outputs">Those over the memory of the outputs whose size is known; they are bound.</param>
internal sealed record SessionBinding(OrtIoBinding IoBinding, IReadOnlyList<OrtValue> Inputs, IReadOnlyList<OrtValue> Outputs) : IDisposable
{
    public void Dispose()
    {
        IoBinding.Dispose();
        foreach (var value in Inputs.Concat(Outputs))
        {
            value.Dispose();
        }
    }
}
