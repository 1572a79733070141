using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>Strings from JSON, whose escapes may spell half a surrogate pair: that is the body's fault, not the reader's.</summary>
internal static class JsonText
{
    public static string Read(ref Utf8JsonReader reader, string field)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw WireException.Invalid($"{field}: the string is not valid UTF-8 or UTF-16");
        }
    }
}
