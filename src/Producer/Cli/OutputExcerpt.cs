using System.Buffers;
using System.Text;
using Millrace.Contracts;
using Millrace.Producer.Scoring;

namespace Millrace.Producer.Cli;

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
        var field = new ArrayBufferWriter<byte>();
        for (var i = 0; i < Math.Min(elements.Count, MostElements); i++)
        {
            field.ResetWrittenCount();
            elements.Append(field, i);
            var element = Encoding.UTF8.GetString(field.WrittenSpan);
            text.Append(' ').Append(element.Length > MostChars ? string.Concat(element.AsSpan(0, MostChars), "…") : element);
        }

        return (elements.Count > MostElements ? text.Append(" …") : text).ToString();
    }
}
