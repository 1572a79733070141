using System.Text.Unicode;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Results;

/// <summary>What a row may hold. Rows commit together, so one that cannot be stored must be found before it stands among others.</summary>
public static class Storability
{
    /// <summary>
    /// The most that the outputs of one row may take unless told otherwise, in the protocol's binary layout: 8 MiB. Postgres takes seconds to read the JSON of
    /// so much, and the rows that commit with it wait.
    /// </summary>
    public const int MaxOutputBytes = WireLimits.DefaultMaxOutputBytes;

    /// <summary>Bytes that the outputs of one row take in the protocol's binary layout.</summary>
    public static long SizeOf(IReadOnlyList<Tensor> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        long bytes = 0;
        for (var i = 0; i < outputs.Count; i++)
        {
            bytes += outputs[i].Data.Length;
        }

        return bytes;
    }

    /// <summary>Whether both stores can keep these outputs as JSON, and give back the same ones.</summary>
    /// <param name="outputs">The outputs of one row.</param>
    /// <param name="problem">What they cannot keep, for people; null where true is returned.</param>
    public static bool OutputsAreStorable(IReadOnlyList<Tensor> outputs, out string? problem) =>
        OutputsAreStorable(outputs, MaxOutputBytes, out problem);

    /// <summary>Whether both stores can keep these outputs as JSON, and give back the same ones.</summary>
    /// <param name="outputs">The outputs of one row.</param>
    /// <param name="maxBytes">The most that they may take, in the protocol's binary layout.</param>
    /// <param name="problem">What they cannot keep, for people; null where true is returned.</param>
    public static bool OutputsAreStorable(IReadOnlyList<Tensor> outputs, long maxBytes, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        problem = null;
        for (var i = 0; i < outputs.Count && problem is null; i++)
        {
            problem = ProblemOf(outputs[i]) ?? (IsNamedBefore(outputs, i) ? $"output '{outputs[i].Name}' is there twice" : null);
        }

        if (problem is null && SizeOf(outputs) is var bytes && bytes > maxBytes)
        {
            problem = $"the outputs take {bytes} bytes, more than the {maxBytes} that a row may hold";
        }

        return problem is null;
    }

    /// <summary>The rows whose texts the stores cannot keep, where an output's first dimension counts rows.</summary>
    /// <param name="outputs">The outputs of one job.</param>
    /// <param name="rows">Its rows.</param>
    /// <returns>Each such row once, with what they cannot keep, for people.</returns>
    public static IReadOnlyList<(int Row, string Problem)> FindUnstorableRows(IReadOnlyList<Tensor> outputs, int rows)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        var found = new SortedDictionary<int, string>();
        foreach (var output in outputs)
        {
            if (output.Datatype == TensorDatatype.Bytes && output.Shape.Count > 0 && output.Shape[0] == rows && rows > 0)
            {
                var perRow = output.ElementCount / rows;
                var rest = output.Data.Span;
                for (long i = 0; BytesElement.TryTake(ref rest, out var element); i++)
                {
                    if (ProblemOfText(element) is { } problem)
                    {
                        found.TryAdd((int)(i / perRow), $"output '{output.Name}': {problem}");
                    }
                }
            }
        }

        return [.. found.Select(pair => (pair.Key, pair.Value))];
    }

    private static string? ProblemOf(Tensor output)
    {
        if (!StorableText.IsStorable(output.Name))
        {
            return $"the name of output '{StorableText.Of(output.Name)}' holds U+0000 or half a surrogate pair";
        }

        if (!TryCount(output.Shape, out var count))
        {
            return $"output '{output.Name}' has shape [{string.Join(',', output.Shape)}], which is no number of elements";
        }

        if (output.Datatype == TensorDatatype.Bytes)
        {
            return ProblemOfTexts(output, count);
        }

        var size = output.Datatype.ElementSizeBytes();
        return output.Data.Length % size == 0 && output.Data.Length / size == count
            ? null
            : $"output '{output.Name}' has {output.Data.Length} bytes of data, its shape asks for {count} elements of {size}";
    }

    private static string? ProblemOfTexts(Tensor output, long count)
    {
        var rest = output.Data.Span;
        long found = 0;
        for (; BytesElement.TryTake(ref rest, out var element); found++)
        {
            if (ProblemOfText(element) is { } problem)
            {
                return $"output '{output.Name}', element {found}: {problem}";
            }
        }

        return rest.IsEmpty && found == count ? null : $"output '{output.Name}' has {found} whole elements, its shape asks for {count}";
    }

    private static string? ProblemOfText(ReadOnlySpan<byte> text) =>
        !Utf8.IsValid(text) ? "not UTF-8, and JSON holds nothing else"
        : text.Contains((byte)0) ? "holds U+0000, which Postgres cannot store"
        : null;

    private static bool TryCount(IReadOnlyList<long> shape, out long count)
    {
        count = 1;
        for (var i = 0; i < shape.Count; i++)
        {
            // No output that fits in a row comes near an overflow; a shape with a 0 in it may on the way, and is refused.
            if (shape[i] < 0 || Math.BigMul(count, shape[i], out count) != 0 || count < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNamedBefore(IReadOnlyList<Tensor> outputs, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (outputs[i].Name == outputs[index].Name)
            {
                return true;
            }
        }

        return false;
    }
}
