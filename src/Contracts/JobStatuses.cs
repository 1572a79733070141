namespace Millrace.Contracts;

/// <summary>The texts of <see cref="JobStatus"/> on the wire and in the store.</summary>
public static class JobStatuses
{
    private static readonly string[] s_names = ["succeeded", "rejected", "failed", "expired", "cancelled"];

    /// <summary>All texts, in the order of the enum.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The text, such as <c>succeeded</c>.</summary>
    public static string ToWireName(this JobStatus status) => s_names[(int)status];

    /// <summary>Reads the text; letter case counts.</summary>
    public static bool TryParse(string? name, out JobStatus status)
    {
        var index = name is null ? -1 : Array.IndexOf(s_names, name);
        status = index < 0 ? default : (JobStatus)index;
        return index >= 0;
    }
}
