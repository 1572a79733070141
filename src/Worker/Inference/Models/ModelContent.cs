using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Models;

/// <summary>
/// The bytes of a model version, for as long as sessions are opened from them: what was hashed is what they are made of, whatever
/// becomes of the files.
/// </summary>
/// <param name="Graph">The bytes of <c>model.onnx</c>.</param>
/// <param name="Data">
/// The folder with a copy of the files that the graph keeps its weights in; null where there are none. A session on the CPU maps them
/// into its memory: one that used the repository's own would change its answers when they are written over.
/// </param>
/// <param name="Hashes">Of all of them, the graph's first.</param>
internal sealed record ModelContent(byte[] Graph, DirectoryInfo? Data, IReadOnlyList<ModelFileHash> Hashes) : IDisposable
{
    /// <summary>Opens a session from these bytes.</summary>
    /// <param name="options">How; changed by it.</param>
    /// <exception cref="OnnxRuntimeException">They are no model, or the provider cannot take it.</exception>
    public InferenceSession Open(SessionOptions options)
    {
        if (Data is not null)
        {
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Data.FullName);
        }

        return new InferenceSession(Graph, options);
    }

    /// <summary>Deletes the copies. What sessions have mapped of them stays theirs.</summary>
    public void Dispose() => Data?.Delete(recursive: true);
}

/// <summary>What a file of a model version held.</summary>
/// <param name="Name">Its path in the version's folder.</param>
/// <param name="Sha256">Of its bytes, in lower-case hexadecimal.</param>
internal sealed record ModelFileHash(string Name, string Sha256)
{
    public override string ToString() => $"{Name} {Sha256}";
}
