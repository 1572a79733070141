using Millrace.Worker.Batching;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Worker.Inference;

/// <summary>A model version at work: its batcher and the predictors that empty it.</summary>
/// <param name="Version">What it takes and gives.</param>
/// <param name="Batcher">Where its jobs wait.</param>
/// <param name="Predictors">One for each instance.</param>
/// <param name="Provider">The execution provider that its sessions run on.</param>
internal sealed record ServedModel(ModelVersion Version, Batcher Batcher, IReadOnlyList<Predictor> Predictors, string Provider) : IDisposable
{
    /// <inheritdoc cref="Predictor.Terminate"/>
    public void Terminate()
    {
        foreach (var predictor in Predictors)
        {
            predictor.Terminate();
        }
    }

    public void Dispose()
    {
        Batcher.Dispose();
        foreach (var predictor in Predictors)
        {
            predictor.Dispose();
        }
    }
}
