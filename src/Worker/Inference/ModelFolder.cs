namespace Millrace.Worker.Inference;

/// <summary>One folder of the model repository: <c>NAME/model.json</c> and <c>NAME/VERSION/model.onnx</c>.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Path">The folder.</param>
/// <param name="Config">Its <c>model.json</c>, or the defaults.</param>
/// <param name="Versions">The versions' numbers, rising.</param>
internal sealed record ModelFolder(string Name, string Path, ModelConfig Config, IReadOnlyList<int> Versions)
{
    public string ModelFile(int version) => System.IO.Path.Combine(Path, version.ToString(System.Globalization.CultureInfo.InvariantCulture), "model.onnx");
}
