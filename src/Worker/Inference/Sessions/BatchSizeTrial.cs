using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
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
    private static readonly TimeSpan s_isLong = TimeSpan.FromMilliseconds(50);

    /// <returns>Rows, and the shortest run of so many; rising, without those that would take longer than there is time for.</returns>
    public IReadOnlyList<(int Rows, TimeSpan Run)> Measure(InferenceSession session, ModelSignature signature)
    {
        var measured = new List<(int Rows, TimeSpan Run)>();
        var start = time.GetTimestamp();
        using var limit = new RunLimit(s_budget, time);
        limit.Start();
        foreach (var rows in BatchSizeChoice.Sizes)
        {
            if (BytesOf(signature, rows) > MostBytes
                || (measured.Count > 0 && Expected(measured[^1], rows) > s_budget - time.GetElapsedTime(start)))
            {
                break;
            }

            try
            {
                measured.Add((rows, Time(session, signature, rows, limit.Options)));
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

    /// <summary>Bytes of a run of so many made-up rows, in and out, where the graph tells.</summary>
    private static Int128 BytesOf(ModelSignature signature, int rows)
    {
        Int128 bytes = 0;
        foreach (var spec in signature.Inputs.Concat(signature.Outputs))
        {
            Int128 elements = spec.Datatype == TensorDatatype.Bytes ? 8 : spec.Datatype.ElementSizeBytes();
            foreach (var dimension in MadeUpRows.ShapeOf(spec, rows))
            {
                elements *= dimension;
            }

            bytes += elements;
        }

        return bytes;
    }

    /// <summary>How long a run of so many made-up rows takes: the shortest of some, behind one that does not count.</summary>
    /// <exception cref="OnnxRuntimeException">It cannot be run, or was stopped by the options.</exception>
    private TimeSpan Time(InferenceSession session, ModelSignature signature, int rows, RunOptions options)
    {
        var inputs = new List<OrtValue>();
        try
        {
            foreach (var spec in signature.Inputs)
            {
                inputs.Add(MadeUpRows.Create(spec, range: 2, firstRow: 0, rows));
            }

            string[] inputNames = [.. signature.Inputs.Select(spec => spec.Name)];
            string[] outputNames = [.. signature.Outputs.Select(spec => spec.Name)];
            var shortest = TimeSpan.MaxValue;
            for (var run = 0; run <= Runs; run++)
            {
                var start = time.GetTimestamp();
                session.Run(options, inputNames, inputs, outputNames).Dispose();
                var elapsed = time.GetElapsedTime(start);
                if (elapsed > s_isLong)
                {
                    // What a first run costs more is nothing beside this.
                    return elapsed < shortest ? elapsed : shortest;
                }

                shortest = run > 0 && elapsed < shortest ? elapsed : shortest;
            }

            return shortest;
        }
        finally
        {
            inputs.ForEach(value => value.Dispose());
        }
    }
}
