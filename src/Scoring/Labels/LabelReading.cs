using System.Globalization;
using Millrace.Contracts;

namespace Millrace.Scoring.Labels;

/// <summary>What a label's text means beside a prediction of some datatype. Numbers are read as in cells, without thousands marks.</summary>
internal static class LabelReading
{
    /// <summary>What a label of the datatype looks like, for messages.</summary>
    public static string Expected(TensorDatatype datatype) => datatype == TensorDatatype.Bool ? "true, false, 1 or 0" : "a finite number";

    /// <summary>Whether the label can be compared with predictions of the datatype at all.</summary>
    public static bool IsComparable(string label, TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bytes => true,
        TensorDatatype.Bool => Truth(label) is not null,
        _ => TryReadNumber(label, out var number) && double.IsFinite(number),
    };

    /// <summary>Whether they are the same class: the same text, or two spellings of one number or truth.</summary>
    public static bool AreSame(string label, string prediction, TensorDatatype datatype)
    {
        var text = label.AsSpan().Trim();
        return text.SequenceEqual(prediction) || datatype switch
        {
            TensorDatatype.Bool => Truth(label) == Truth(prediction),
            // 007 and 7 are two texts.
            TensorDatatype.Bytes => !HasLeadingZeros(text) && !HasLeadingZeros(prediction) && AreOneNumber(text, prediction),
            _ => AreOneNumber(text, prediction),
        };
    }

    /// <summary>Reads a number.</summary>
    public static bool TryReadNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private static bool AreOneNumber(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        // A double tells neighbours among the largest INT64 not apart.
        decimal.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var a)
            && decimal.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
            ? a == b
            : TryReadNumber(left, out var c) && TryReadNumber(right, out var d) && c.Equals(d);

    private static bool HasLeadingZeros(ReadOnlySpan<char> text) => text.Length > 1 && text[0] == '0' && char.IsAsciiDigit(text[1]);

    private static bool? Truth(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "1" or "1.0" => true,
        "false" or "0" or "0.0" => false,
        _ => null,
    };
}
