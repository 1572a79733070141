using System.Text.RegularExpressions;

namespace Millrace.Cli.Terminal;

/// <summary>
/// The last guard before a line reaches a person: a URI or connection string that a message quotes, such as a mistyped argument's,
/// loses its password.
/// </summary>
internal static partial class Secrets
{
    /// <summary>The text without passwords.</summary>
    public static string Redact(string text)
    {
        // Building the expressions costs more than most commands' whole work: only where there may be something to find.
        if (text.Contains("://", StringComparison.Ordinal))
        {
            text = UserInfo().Replace(text, "://***@");
        }

        return text.Contains('=', StringComparison.Ordinal) ? PasswordField().Replace(text, "${name}***") : text;
    }

    [GeneratedRegex(@"://[^/\s'""]*@", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(?<name>pass(?:word|wd)?\s*=\s*)(?:""[^""]*""|'[^']*'|[^;'""]*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PasswordField();
}
