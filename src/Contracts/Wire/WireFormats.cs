using System.Globalization;
using System.Text;

namespace Millrace.Contracts.Wire;

/// <summary>Tells by AMQP's properties which form a body has.</summary>
public static class WireFormats
{
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

    /// <summary>The value of <see cref="OipFormat.HeaderLengthHeader"/>.</summary>
    /// <returns>Null where it is missing, or no length.</returns>
    public static int? HeaderLength(IDictionary<string, object?>? headers) => Number(headers, OipFormat.HeaderLengthHeader);

    /// <summary>An AMQP header that is a number from 0: clients write one as whatever their language makes of it.</summary>
    /// <returns>Null where it is missing, or no such number.</returns>
    public static int? Number(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) ? ToNumber(value) : null;

    private static int? ToNumber(object? value) => value switch
    {
        int number and >= 0 => number,
        long number and >= 0 and <= int.MaxValue => (int)number,
        uint number and <= int.MaxValue => (int)number,
        short number and >= 0 => number,
        ushort number => number,
        byte number => number,
        sbyte number and >= 0 => number,
        byte[] text => ToNumber(Encoding.UTF8.GetString(text)),
        string text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
