using System.Globalization;
using System.Text.Json.Nodes;

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

    /// <summary>Copies the model that they are for into a model repository.</summary>
    /// <param name="folder">The repository.</param>
    /// <param name="change">Changes its <c>model.json</c>.</param>
    public static void CopyModel(string folder, Action<JsonNode> change)
    {
        var model = Path.Combine(Repository.Folder("models"), "digits");
        var copy = Directory.CreateDirectory(Path.Combine(folder, "digits")).FullName;
        Directory.CreateDirectory(Path.Combine(copy, "1"));
        File.Copy(Path.Combine(model, "1", "model.onnx"), Path.Combine(copy, "1", "model.onnx"));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "model.json")))!;
        change(config);
        File.WriteAllText(Path.Combine(copy, "model.json"), config.ToJsonString());
    }

    private static (float[] Pixels, string Label) Parse(string line)
    {
        var cells = line.Split(',');
        return ([.. cells.Take(64).Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))], cells[64]);
    }
}
