using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Configuration;

/// <summary>Says why a section cannot be bound to its options: in place of the binder, which tells the first fault alone and in the words of .NET.</summary>
internal static class SectionFaults
{
    private const int ExcerptLength = 40;

    /// <summary>The faults by their configuration keys; none where the binder minds something else.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The type that it is bound to.</param>
    public static IEnumerable<string> Of(IConfigurationSection section, Type options)
    {
        var settings = options.GetProperties(BindingFlags.Instance | BindingFlags.Public).ToDictionary(setting => setting.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var entry in section.GetChildren())
        {
            var key = CallerText.Shorten(entry.Key);
            if (!settings.TryGetValue(entry.Key, out var setting))
            {
                yield return $"{section.Key}:{key}: {NearNames.NoSuch("setting", entry.Key, settings.Keys)} "
                    + $"The settings of {section.Key} are {string.Join(", ", settings.Keys)} (environment: {section.Key}__{key})";
            }
            else if (entry.Value is { } value && !IsOf(setting.PropertyType, value))
            {
                yield return $"{section.Key}:{setting.Name}: expected {Expected(setting.PropertyType)}, found '{CallerText.Shorten(value, ExcerptLength)}' "
                    + $"(environment: {section.Key}__{setting.Name})";
            }
        }
    }

    private static bool IsOf(Type type, string value)
    {
        // An empty one leaves the default, as the binder has it.
        var converter = TypeDescriptor.GetConverter(type);
        return value.Length == 0 || !converter.CanConvertFrom(typeof(string)) || converter.IsValid(value);
    }

    private static string Expected(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var number when number == typeof(int) || number == typeof(long) => "a whole number",
        var number when number == typeof(double) => "a number",
        var flag when flag == typeof(bool) => "true or false",
        var span when span == typeof(TimeSpan) => "a time such as 00:00:30 (hours:minutes:seconds) or 1.00:00:00 (a day)",
        _ => "another value",
    };
}
