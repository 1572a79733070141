using System.CommandLine;
using System.Globalization;

namespace Millrace.Producer.Cli;

/// <summary>Options that are a point in time: RFC 3339, or so long ago.</summary>
internal static class TimeOption
{
    public static Option<DateTimeOffset?> Create(string name, string description, TimeProvider time) => new(name)
    {
        Description = $"{description}: a time such as 2026-03-01T12:00:00Z, or 30m, 2h, 7d ago",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryParse(text, time, out var point))
            {
                return point;
            }

            result.AddError($"{name}: expected a time such as 2026-03-01T12:00:00Z or 2h, found '{text}'");
            return null;
        },
    };

    private static bool TryParse(string text, TimeProvider time, out DateTimeOffset point)
    {
        if (Durations.TryParse(text, out var ago))
        {
            point = time.GetUtcNow() - ago;
            return true;
        }

        // Without an offset it is UTC, as all times are that this program prints.
        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out point);
    }
}
