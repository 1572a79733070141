using System.Security.Cryptography;
using System.Text;

namespace Millrace.Worker.Inference.Models;

/// <summary>One folder of the model repository: <c>NAME/model.json</c> and <c>NAME/VERSION/model.onnx</c>.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Path">The folder.</param>
/// <param name="Config">Its <c>model.json</c>, or the defaults.</param>
/// <param name="Versions">The versions' numbers, rising.</param>
/// <param name="PassedOver">Folders in it that are not served, each with the reason, for people.</param>
internal sealed record ModelFolder(
    string Name, string Path, ModelConfig Config, IReadOnlyList<string> Versions, IReadOnlyList<string> PassedOver)
{
    /// <summary>SHA-256 over all that decides what a version answers: its files and the <c>model.json</c>.</summary>
    /// <param name="files">The files that it was loaded from.</param>
    public string Fingerprint(IReadOnlyList<ModelFileHash> files)
    {
        var config = System.IO.Path.Combine(Path, ModelRepository.ConfigFile);
        var text = string.Join('\n', files) + '\n' + (File.Exists(config) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(config))) : "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    public string ModelFile(string version) => System.IO.Path.Combine(Path, version, "model.onnx");
}
