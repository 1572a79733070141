namespace Millrace.Worker.Inference.Models;

/// <summary>
/// Versions by their number: <c>9</c>, <c>10</c>, <c>20260315093000</c>. They are whole numbers of any length, so they are compared as
/// text.
/// </summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    /// <summary>Whether a text is a version's number; leading zeros do not keep it from being one.</summary>
    public static bool IsVersion(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>The number as its folder must be named.</summary>
    public static string Canonical(string version) => version.TrimStart('0') is { Length: > 0 } digits ? digits : "0";

    public int Compare(string? x, string? y)
    {
        var a = x.AsSpan().TrimStart('0');
        var b = y.AsSpan().TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }
}
