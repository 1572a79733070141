using System.Globalization;
using Microsoft.Extensions.Configuration;
using Millrace.Contracts;

namespace Millrace.Producer.Hosting;

/// <summary>
/// Reads settings from a host's configuration. By hand, for the framework's binder ends at the first value that is none, and passes over a
/// name that it does not know.
/// </summary>
internal static class SettingsReader
{
    /// <summary>The section that every client reads; a client's own is below it, by its name.</summary>
    public const string Section = "Millrace:Client";

    // What takes the text, or says false where it is none, and what it expects.
    private static readonly Dictionary<string, (Func<MillraceClientSettings, string, bool> Take, string Expected)> s_settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(MillraceClientSettings.ConnectionString)] = (static (settings, text) => Set(() => settings.ConnectionString = text), "a text"),
        [nameof(MillraceClientSettings.CertificateAuthority)] = (static (settings, text) => Set(() => settings.CertificateAuthority = text), "a path"),
        [nameof(MillraceClientSettings.MaxInFlight)] = (
            static (settings, text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && Set(() => settings.MaxInFlight = value),
            "a whole number of 1 or more"),
        [nameof(MillraceClientSettings.Timeout)] = (static (settings, text) => Time(text, value => settings.Timeout = value), "a time such as 00:00:30"),
        [nameof(MillraceClientSettings.ConnectTimeout)] = (static (settings, text) => Time(text, value => settings.ConnectTimeout = value), "a time such as 00:00:10"),
        [nameof(MillraceClientSettings.DisableHealthChecks)] = (
            static (settings, text) => bool.TryParse(text, out var value) && Set(() => settings.DisableHealthChecks = value), "true or false"),
    };

    /// <summary>Reads the shared section, the client's own, and its connection string, each over the one before.</summary>
    public static void Read(IConfiguration configuration, string connectionName, MillraceClientSettings settings)
    {
        var shared = configuration.GetSection(Section);
        Read(shared, settings);
        Read(shared.GetSection(connectionName), settings);
        if (configuration.GetConnectionString(connectionName) is { Length: > 0 } address)
        {
            settings.ConnectionString = address;
        }
    }

    private static void Read(IConfigurationSection section, MillraceClientSettings settings)
    {
        foreach (var child in section.GetChildren())
        {
            if (s_settings.TryGetValue(child.Key, out var setting))
            {
                if (child.Value is { Length: > 0 } text && !setting.Take(settings, text))
                {
                    settings.Unreadable.Add($"{child.Path} is '{text}', expected {setting.Expected}.");
                }
            }
            // One without a value is a section: of another client.
            else if (child.Value is not null)
            {
                settings.Unreadable.Add($"{child.Path} is no setting of a client: {NearNames.Suggest(child.Key, s_settings.Keys)}");
            }
        }
    }

    private static bool Time(string text, Action<TimeSpan> set)
    {
        // A number alone would be days.
        if (!text.Contains(':', StringComparison.Ordinal) || !TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        set(value);
        return true;
    }

    private static bool Set(Action set)
    {
        set();
        return true;
    }
}
