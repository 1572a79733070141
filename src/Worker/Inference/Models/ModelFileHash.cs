namespace Millrace.Worker.Inference.Models;

/// <summary>What a file of a model version held.</summary>
/// <param name="Name">Its path in the version's folder.</param>
/// <param name="Sha256">Of its bytes, in lower-case hexadecimal.</param>
internal sealed record ModelFileHash(string Name, string Sha256)
{
    public override string ToString() => $"{Name} {Sha256}";
}
