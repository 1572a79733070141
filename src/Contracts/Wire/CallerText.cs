namespace Millrace.Contracts.Wire;

/// <summary>What a caller wrote, where it is told again: in errors, replies and rows. A caller decides what is in there, not how long it is.</summary>
public static class CallerText
{
    /// <summary>The most characters of a name that is told again. Nothing that is served is called by more.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The text, or its beginning and an ellipsis where it is longer than a name may be.</summary>
    public static string Shorten(string text) => Shorten(text, MaxNameLength);

    /// <summary>The text, or its beginning and an ellipsis where it is longer than <paramref name="length"/> characters.</summary>
    public static string Shorten(string text, int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= length)
        {
            return text;
        }

        // Half a character could be neither stored nor sent.
        var end = char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
        return text[..end] + "…";
    }
}
