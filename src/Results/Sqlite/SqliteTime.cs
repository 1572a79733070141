using System.Globalization;

namespace Millrace.Results.Sqlite;

/// <summary>Times as SQLite's columns hold them: ISO 8601 in UTC, all of one length up to the fraction, so that texts sort as times do.</summary>
internal static class SqliteTime
{
    // Microseconds, as in Postgres.
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string ToText(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}
