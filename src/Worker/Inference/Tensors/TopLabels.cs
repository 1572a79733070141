using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>The best classes of each row, best first; equal scores in the classes' order, NaN last.</summary>
internal readonly struct TopLabels
{
    // Classes, and picks, that there is room for on the stack.
    private const int OnStack = 1024;

    private readonly long[] _shape;
    private readonly byte[] _labels;
    private readonly byte[] _scores;

    /// <param name="spec">The labels.</param>
    /// <param name="scores">[rows, classes], floats.</param>
    /// <exception cref="OutputMismatchException">The scores are not [rows, classes], whatever the graph declares.</exception>
    public TopLabels(LabelSpec spec, Tensor scores)
    {
        if (scores.Shape.Count != 2)
        {
            throw new OutputMismatchException($"output '{scores.Name}': shape [{string.Join(',', scores.Shape)}], its labels want [rows, classes]");
        }

        var rows = (int)scores.Shape[0];
        var width = (int)scores.Shape[1];
        var classes = Math.Min(width, spec.Names.Count);
        var k = Math.Min(spec.TopK, classes);
        _shape = [rows, k];
        _scores = new byte[rows * k * sizeof(float)];
        var values = MemoryMarshal.Cast<byte, float>(_scores.AsSpan());
        var picks = rows * k <= OnStack ? stackalloc int[rows * k] : new int[rows * k];
        var row = width <= OnStack ? stackalloc float[width] : new float[width];
        for (var i = 0; i < rows; i++)
        {
            CopyRow(scores, i, row);
            PickBest(row[..classes], picks.Slice(i * k, k), values.Slice(i * k, k));
        }

        _labels = Join(spec.Names, picks);
    }

    /// <summary>Their names: [rows, k], BYTES.</summary>
    public Tensor ToLabels(string name) => new() { Name = name, Shape = _shape, Datatype = TensorDatatype.Bytes, Data = _labels };

    /// <summary>Their scores: [rows, k], FP32.</summary>
    public Tensor ToScores(string name) => new() { Name = name, Shape = _shape, Datatype = TensorDatatype.Fp32, Data = _scores };

    private static void PickBest(Span<float> row, Span<int> picks, Span<float> values)
    {
        // k is small: k passes beat a sort. What was picked is remembered, not overwritten, so that -infinity can be picked too.
        Span<bool> taken = row.Length <= OnStack ? stackalloc bool[row.Length] : new bool[row.Length];
        for (var n = 0; n < picks.Length; n++)
        {
            var best = -1;
            for (var c = 0; c < row.Length; c++)
            {
                if (!taken[c] && (best < 0 || row[c] > row[best] || (float.IsNaN(row[best]) && !float.IsNaN(row[c]))))
                {
                    best = c;
                }
            }

            taken[best] = true;
            picks[n] = best;
            values[n] = row[best];
        }
    }

    private static void CopyRow(Tensor scores, int row, Span<float> target)
    {
        switch (scores.Datatype)
        {
            case TensorDatatype.Fp32:
                MemoryMarshal.Cast<byte, float>(scores.Data.Span).Slice(row * target.Length, target.Length).CopyTo(target);
                break;
            case TensorDatatype.Fp64:
                var doubles = MemoryMarshal.Cast<byte, double>(scores.Data.Span).Slice(row * target.Length, target.Length);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = (float)doubles[i];
                }

                break;
            default:
                var halves = MemoryMarshal.Cast<byte, Half>(scores.Data.Span).Slice(row * target.Length, target.Length);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = (float)halves[i];
                }

                break;
        }
    }

    private static byte[] Join(IReadOnlyList<byte[]> names, ReadOnlySpan<int> picks)
    {
        var size = 0;
        foreach (var pick in picks)
        {
            size += sizeof(uint) + names[pick].Length;
        }

        var data = new byte[size];
        var at = 0;
        foreach (var pick in picks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), names[pick].Length);
            names[pick].CopyTo(data, at + sizeof(uint));
            at += sizeof(uint) + names[pick].Length;
        }

        return data;
    }
}
