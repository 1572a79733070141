using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Tries at load whether rows of a batch give what they give alone. Matching shapes do not say so: a softmax over the batch
/// dimension, a mean over it or a sort along it have them too.
/// </summary>
internal static class BatchProbe
{
    // Enough for made-up rows of one element to differ, and not to stand in order by chance.
    private const int Rows = 6;
    private const int RowOfZeros = 2;
    private const double Tolerance = 1e-3;
    private const double HalfTolerance = 3e-2;

    /// <param name="session">The graph.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="options">Of the runs; the way to stop them.</param>
    /// <returns>Whether they do; null where the graph could not be run on made-up inputs.</returns>
    public static bool? GivesSingles(InferenceSession session, ModelSignature signature, RunOptions options)
    {
        // Small whole numbers are the likeliest to be taken by any graph: indexes, lengths and pixels alike.
        // Zeros alone would prove nothing: what adds rows up or sorts them gives the same.
        foreach (var range in new[] { 5, 2 })
        {
            try
            {
                return Compare(session, signature, range, options) && !DependsOnNothing(session, signature, range, options);
            }
            catch (OnnxRuntimeException)
            {
                // These inputs are not for this graph; narrower ones may be.
            }
        }

        return null;
    }

    /// <summary>
    /// Whether the outputs have no row for a row of zeros. What a detector finds is counted by what there is to find: made-up rows may have one hit
    /// each, and its outputs then look like one for each row.
    /// </summary>
    private static bool DependsOnNothing(InferenceSession session, ModelSignature signature, int range, RunOptions options)
    {
        try
        {
            return !Compare(session, signature, range, options, RowOfZeros);
        }
        catch (OnnxRuntimeException) when (!options.Terminate)
        {
            // Such a row is not for this graph, and so says nothing of it.
            return false;
        }
    }

    private static bool Compare(InferenceSession session, ModelSignature signature, int range, RunOptions options, int zeros = -1)
    {
        if (Run(session, signature, range, 0, Rows, options, zeros) is not { } batch)
        {
            return false;
        }

        for (var row = zeros < 0 ? 0 : zeros; row < (zeros < 0 ? Rows : zeros + 1); row++)
        {
            if (Run(session, signature, range, row, 1, options, zeros) is not { } single)
            {
                return false;
            }

            for (var i = 0; i < signature.Outputs.Count; i++)
            {
                var tolerance = signature.Outputs[i].Datatype == TensorDatatype.Fp16 ? HalfTolerance : Tolerance;
                if (batch[i].Length != Rows * single[i].Length || !AreClose(batch[i].AsSpan(row * single[i].Length, single[i].Length), single[i], tolerance))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool AreClose(ReadOnlySpan<object> a, ReadOnlySpan<object> b, double tolerance)
    {
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] is double x && b[i] is double y)
            {
                if (!x.Equals(y) && !(Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Abs(y))))
                {
                    return false;
                }
            }
            else if (!a[i].Equals(b[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>The outputs' elements; null where one of them has not as many rows as the inputs.</returns>
    private static object[][]? Run(
        InferenceSession session, ModelSignature signature, int range, int firstRow, int rows, RunOptions options, int zeros)
    {
        var inputs = new List<OrtValue>();
        try
        {
            foreach (var spec in signature.Inputs)
            {
                inputs.Add(MadeUpRows.Create(spec, range, firstRow, rows, zeros));
            }

            using var outputs = session.Run(
                options, [.. signature.Inputs.Select(spec => spec.Name)], inputs, [.. signature.Outputs.Select(spec => spec.Name)]);
            return outputs.All(value => value.GetTensorTypeAndShape().Shape is [var first, ..] && first == rows)
                ? [.. outputs.Select((value, i) => MadeUpRows.ToValues(value, signature.Outputs[i].Datatype))]
                : null;
        }
        finally
        {
            inputs.ForEach(value => value.Dispose());
        }
    }
}
