using System.Text;

namespace Millrace.Results;

/// <summary>
/// Texts as both stores can hold them. Postgres has no U+0000 in text or jsonb, and no half of a surrogate pair has a UTF-8 form:
/// each becomes U+FFFD, since a text that a caller sent must not break the commit of its neighbours.
/// </summary>
internal static class StorableText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text, changed only where it must be.</summary>
    public static string Of(string text) => MayBeUnstorable(text) ? Replace(text) : text;

    /// <inheritdoc cref="Of(string)"/>
    public static string? OfOptional(string? text) => text is null ? null : Of(text);

    /// <summary>Whether <see cref="Of(string)"/> would give back the same text.</summary>
    public static bool IsStorable(string text) => !MayBeUnstorable(text) || Replace(text) == text;

    private static bool MayBeUnstorable(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0 || text.Contains('\0', StringComparison.Ordinal);

    // The encoder turns each unpaired surrogate into U+FFFD by itself.
    private static string Replace(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', Replacement);
}
