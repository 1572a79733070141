using System.Globalization;
using Millrace.Cli.Terminal;

namespace Millrace.Cli.Options;

/// <summary>A point in time as a person gave it to an option.</summary>
/// <param name="Option">The option's name.</param>
/// <param name="Text">What was given.</param>
/// <param name="Time">The point in time.</param>
/// <param name="NamesZone">Whether the text itself settles the time: by an offset, or because it says how long ago.</param>
internal sealed record GivenTime(string Option, string Text, DateTimeOffset Time, bool NamesZone)
{
    /// <summary>The point in time. The person is told in which zone it was taken, where they did not say.</summary>
    public DateTimeOffset Tell(CliContext context)
    {
        if (!NamesZone)
        {
            context.Error.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"millrace: {Option} {Text} names no time zone and is taken in UTC: {Time:yyyy-MM-ddTHH:mm:ss}Z"));
        }

        return Time;
    }
}
