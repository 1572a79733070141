namespace Millrace.Worker.Inference;

/// <summary>One folder of the model repository: <c>NAME/model.json</c> and <c>NAME/VERSION/model.onnx</c>.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Path">The folder.</param>
/// <param name="Config">Its <c>model.json</c>, or the defaults.</param>
/// <param name="Versions">The versions' numbers, rising.</param>
/// <param name="PassedOver">Folders in it that are not served, each with the reason, for people.</param>
internal sealed record ModelFolder(
    string Name, string Path, ModelConfig Config, IReadOnlyList<string> Versions, IReadOnlyList<string> PassedOver)
{
    public string ModelFile(string version) => System.IO.Path.Combine(Path, version, "model.onnx");
}
