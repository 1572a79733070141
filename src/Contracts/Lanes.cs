namespace Millrace.Contracts;

/// <summary>The texts of <see cref="Lane"/>, for people, in metrics and in the store.</summary>
public static class Lanes
{
    private static readonly string[] s_names = ["interactive", "bulk"];

    /// <summary>All texts, in the order of the enum.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The text, such as <c>bulk</c>.</summary>
    public static string ToName(this Lane lane) => s_names[(int)lane];

    /// <summary>Reads the text; letter case counts.</summary>
    public static bool TryParse(string? name, out Lane lane)
    {
        var index = name is null ? -1 : Array.IndexOf(s_names, name);
        lane = index < 0 ? default : (Lane)index;
        return index >= 0;
    }
}
