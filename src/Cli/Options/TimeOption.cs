using System.CommandLine;
using System.Globalization;

namespace Millrace.Cli.Options;

/// <summary>Options that are a point in time: RFC 3339, or so long ago.</summary>
internal static class TimeOption
{
    // A day, or a time to the minute or finer. Nothing else: of 3/1/2026 nobody can tell which month it is.
    private static readonly string[] s_forms =
        [.. new[] { "yyyy-MM-dd", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFFF" }.SelectMany(form => new[] { form, form.Replace('T', ' ') }).Distinct()];

    private static readonly string[] s_formsWithZone = [.. s_forms.Where(form => form.Length > "yyyy-MM-dd".Length).Select(form => form + "zzz")];

    public static Option<GivenTime?> Create(string name, string description, TimeProvider time) => new(name)
    {
        Description = $"{description}: a time such as 2026-03-01T12:00:00Z (in UTC, where it names no time zone), or 30m, 2h, 7d ago",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Parse(name, text, time) is { } given)
            {
                return given;
            }

            result.AddError($"{name}: expected a time such as 2026-03-01T12:00:00Z or 2h, found '{text}'");
            return null;
        },
    };

    private static GivenTime? Parse(string name, string text, TimeProvider time)
    {
        if (Durations.TryParse(text, out var ago))
        {
            return new GivenTime(name, text, time.GetUtcNow() - ago, NamesZone: true);
        }

        var zoned = text.EndsWith('Z') || text.EndsWith('z') ? text[..^1] + "+00:00" : text;
        if (DateTimeOffset.TryParseExact(zoned, s_formsWithZone, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var point))
        {
            return new GivenTime(name, text, point, NamesZone: true);
        }

        // In UTC, as all times are that this program prints.
        return DateTimeOffset.TryParseExact(text, s_forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out point)
            ? new GivenTime(name, text, point, NamesZone: false)
            : null;
    }
}
