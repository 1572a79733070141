using System.Globalization;
using System.Text;

namespace Millrace.Contracts.Wire;

/// <summary>Tells by AMQP's properties which form a body has.</summary>
public static class WireFormats
{
    // Digits and sign of a 64-bit number.
    private const int LongestNumber = 20;

    private const int LongestText = 40;

    /// <summary>The form that a <c>content_type</c> names.</summary>
    /// <returns>Null for one that Millrace does not read.</returns>
    public static WireFormat? Of(string? contentType)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        if (type.Equals(OipFormat.BinaryContentType, StringComparison.OrdinalIgnoreCase))
        {
            return WireFormat.Binary;
        }

        if (type.Equals(MassTransitEnvelope.ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return WireFormat.MassTransit;
        }

        // Many clients name no content type at all; the protocol's JSON is what a body is then.
        return type.IsEmpty || type.Equals(OipFormat.JsonContentType, StringComparison.OrdinalIgnoreCase) ? WireFormat.Json : null;
    }

    /// <summary>The value of <see cref="OipFormat.HeaderLengthHeader"/>, whether it is a length or not.</summary>
    /// <returns>Null where it is missing, or no 32-bit number; <see cref="Describe"/> says what it is then.</returns>
    public static int? HeaderLength(IDictionary<string, object?>? headers) =>
        headers is not null && headers.TryGetValue(OipFormat.HeaderLengthHeader, out var value) && ToInteger(value) is >= int.MinValue and <= int.MaxValue and var length
            ? (int)length
            : null;

    /// <summary>What an AMQP header is, for people: at most 40 characters of it.</summary>
    /// <returns>Null where it is missing.</returns>
    public static string? Describe(IDictionary<string, object?>? headers, string name)
    {
        if (headers is null || !headers.TryGetValue(name, out var value))
        {
            return null;
        }

        var text = value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, LongestText + 1))),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            string or bool => value.ToString()!,
            null => "no value",
            _ => "a table or a list",
        };
        var end = Math.Min(text.Length, LongestText);
        return text.Length == end ? $"'{text}'" : $"'{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…'";
    }

    /// <summary>An AMQP header that is a number from 0: clients write one as whatever their language makes of it.</summary>
    /// <returns>Null where it is missing, or no such number.</returns>
    public static int? Number(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) && ToInteger(value) is >= 0 and <= int.MaxValue and var number
            ? (int)number
            : null;

    private static long? ToInteger(object? value) => value switch
    {
        int number => number,
        long number => number,
        uint number => number,
        short number => number,
        ushort number => number,
        byte number => number,
        sbyte number => number,
        byte[] { Length: <= LongestNumber } text => ToInteger(Encoding.UTF8.GetString(text)),
        string { Length: <= LongestNumber } text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
