namespace Millrace.Worker.Inference.Models;

/// <summary>Labels of the classes along an output's last dimension: they become two outputs of their own.</summary>
/// <param name="Output">Index of the graph's output with the scores.</param>
/// <param name="Names">The classes' names, UTF-8.</param>
/// <param name="TopK">How many a row gets.</param>
/// <param name="LabelOutput">Index of the added BYTES output [rows, k] among all outputs.</param>
/// <param name="ScoreOutput">Index of the added FP32 output [rows, k] among all outputs.</param>
internal sealed record LabelSpec(int Output, IReadOnlyList<byte[]> Names, int TopK, int LabelOutput, int ScoreOutput);
