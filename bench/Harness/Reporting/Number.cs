using System.Globalization;

namespace Millrace.Bench.Reporting;

/// <summary>Figures as people read them: three digits that count, no more.</summary>
internal static class Number
{
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 10_000 => (Math.Round(value / 100) * 100).ToString("#,0", CultureInfo.InvariantCulture),
        >= 1_000 => (Math.Round(value / 10) * 10).ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
