using System.Globalization;

namespace Millrace.Cli.Options;

/// <summary>Spans of time as people type them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    private static readonly (string Unit, TimeSpan Span)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads one.</summary>
    /// <returns>False where the text is none, is negative, or is over ten thousand days.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, span) in s_units)
        {
            var number = text.AsSpan(0, Math.Max(0, text.Length - unit.Length));
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count * span.TotalDays <= 10_000)
            {
                duration = span * count;
                return true;
            }
        }

        return false;
    }
}
