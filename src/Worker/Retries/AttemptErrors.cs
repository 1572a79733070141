using Millrace.Contracts.Wire;

namespace Millrace.Worker.Retries;

/// <summary>The errors of a job's attempts in one text, as its row tells them: <c>attempt 1: …; attempt 2: …</c>. Pure.</summary>
internal static class AttemptErrors
{
    // With the most attempts that there may be, the text still fits a message's headers many times over.
    private const int ErrorLength = 400;
    private const int TextLength = 10_000;

    /// <param name="before">Those of the attempts before; null for none. It came by a header, so anybody may have written it.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="error">What it ended with.</param>
    public static string Add(string? before, int attempt, string error)
    {
        var last = $"attempt {attempt}: {CallerText.Shorten(error.ReplaceLineEndings(" ").Trim(), ErrorLength)}";
        return string.IsNullOrEmpty(before) ? last : $"{CallerText.Shorten(before, TextLength)}; {last}";
    }
}
