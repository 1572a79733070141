using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Worker.Inference;

/// <summary>A model version at work: its predictors.</summary>
/// <param name="Version">What it takes and gives.</param>
/// <param name="Predictors">One for each instance.</param>
/// <param name="Provider">The execution provider that its sessions run on.</param>
internal sealed record ServedModel(ModelVersion Version, IReadOnlyList<Predictor> Predictors, string Provider) : IDisposable
{
    /// <summary>How many sessions it runs on side by side.</summary>
    public int Sessions => Predictors.Count;

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
        foreach (var predictor in Predictors)
        {
            predictor.Dispose();
        }
    }
}
