using System.Buffers;
using System.Globalization;
using System.Text;
using Millrace.Contracts;
using Millrace.Scoring.Sinks;

namespace Millrace.Cli.Results;

/// <summary>The outputs of a job on one line of a table: the first elements of each, the shortest outputs first.</summary>
internal static class OutputExcerpt
{
    private const int MostElements = 4;
    private const int MostChars = 24;

    /// <summary>Such as <c>label 7 4 1 9 … score 0.998 0.71 …</c>.</summary>
    public static string Of(IReadOnlyList<Tensor> outputs) => string.Join("  ", outputs.OrderBy(output => output.ElementCount).Select(Of));

    private static string Of(Tensor output)
    {
        var elements = new OutputElements(output);
        var text = new StringBuilder(output.Name);
        for (var i = 0; i < Math.Min(elements.Count, MostElements); i++)
        {
            text.Append(' ').Append(Short(elements, i, output.Datatype));
        }

        return (elements.Count > MostElements ? text.Append(" …") : text).ToString();
    }

    private static string Short(OutputElements elements, int index, TensorDatatype datatype)
    {
        var field = new ArrayBufferWriter<byte>();
        elements.Append(field, index);
        var element = Encoding.UTF8.GetString(field.WrittenSpan);
        return datatype switch
        {
            // Four digits tell a reader enough; --json has them all.
            TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64 =>
                double.Parse(element, CultureInfo.InvariantCulture).ToString("G4", CultureInfo.InvariantCulture),
            _ => element.Length > MostChars ? string.Concat(element.AsSpan(0, MostChars), "…") : element,
        };
    }
}
