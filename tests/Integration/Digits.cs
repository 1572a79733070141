using System.Globalization;

namespace Millrace.Integration.Tests;

/// <summary>The handwritten digits that ship as a sample.</summary>
internal static class Digits
{
    private static readonly Lazy<(float[] Pixels, string Label)[]> s_rows = new(() =>
        [.. File.ReadLines(Path.Combine(Repository.Folder("samples"), "digits.csv")).Skip(1).Select(Parse)]);

    /// <summary>The pixels of a row, 0 to 16.</summary>
    public static float[] Pixels(int row) => s_rows.Value[row].Pixels;

    /// <summary>The true label of a row.</summary>
    public static string Label(int row) => s_rows.Value[row].Label;

    private static (float[] Pixels, string Label) Parse(string line)
    {
        var cells = line.Split(',');
        return ([.. cells.Take(64).Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))], cells[64]);
    }
}
