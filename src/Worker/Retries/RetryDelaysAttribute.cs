using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Millrace.Worker.Retries;

/// <summary>1 to 10 durations of whole milliseconds, from 1 ms to a day, separated by commas.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RetryDelaysAttribute : ValidationAttribute
{
    private const int MostDelays = 10;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    public RetryDelaysAttribute() => ErrorMessage =
        $"expected 1 to {MostDelays} durations from 00:00:00.001 to 1.00:00:00, separated by commas, such as 00:00:01,00:01:00";

    public override bool IsValid(object? value) =>
        value is not string text || (text.Split(',') is { Length: <= MostDelays } delays && Array.TrueForAll(delays, IsDelay));

    private static bool IsDelay(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var delay)
        && delay > TimeSpan.Zero
        && delay <= s_longest
        && delay.Ticks % TimeSpan.TicksPerMillisecond == 0;
}
