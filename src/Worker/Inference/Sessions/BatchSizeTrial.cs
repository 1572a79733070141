using Microsoft.ML.OnnxRuntime;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>Measures how long a model takes for batches of several sizes, of made-up rows, within a bounded time.</summary>
internal sealed class BatchSizeTrial(TimeProvider time)
{
    // Some runs of each size, of which the shortest counts: the others say what else the machine did.
    private const int Runs = 3;

    // What inputs and outputs of one size may take.
    private const long MostBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(1);

    /// <returns>Rows, and the shortest run of so many; rising, without those that would take longer than there is time for.</returns>
    public IReadOnlyList<(int Rows, TimeSpan Run)> Measure(InferenceSession session, ModelSignature signature)
    {
        var measured = new List<(int Rows, TimeSpan Run)>();
        var start = time.GetTimestamp();
        using var limit = new RunLimit(s_budget, time);
        limit.Start();
        foreach (var rows in BatchSizeChoice.Sizes)
        {
            if (BatchProbe.BytesOf(signature, rows) > MostBytes
                || (measured.Count > 0 && Expected(measured[^1], rows) > s_budget - time.GetElapsedTime(start)))
            {
                break;
            }

            try
            {
                measured.Add((rows, BatchProbe.Time(session, signature, rows, Runs, limit.Options, time)));
            }
            catch (OnnxRuntimeException)
            {
                // Stopped by the limit, or too large for the device: the smaller ones count.
                break;
            }
        }

        if (limit.End() && measured.Count == 0)
        {
            measured.Add((1, s_budget));
        }

        return measured;
    }

    /// <summary>What all runs of the next size take at most, where a row does not get dearer.</summary>
    private static TimeSpan Expected((int Rows, TimeSpan Run) last, int rows) => last.Run / last.Rows * rows * (Runs + 1);
}
