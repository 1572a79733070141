using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Millrace.Contracts;

namespace Millrace.Worker.Intake;

/// <summary>
/// What tells one job's content from another's, whichever form it came in: the first 16 bytes of a SHA-256 over the model, the
/// inputs and the outputs asked for. Two jobs with one id and other hashes are in conflict.
/// </summary>
internal static class PayloadHash
{
    private const int Length = 16;

    public static ReadOnlyMemory<byte> Of(PredictionJob job, string modelName)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, modelName);
        Add(hash, job.ModelVersion ?? "");
        foreach (var input in job.Inputs)
        {
            Add(hash, input.Name);
            Add(hash, (long)input.Datatype);
            Add(hash, input.Shape.Count);
            for (var i = 0; i < input.Shape.Count; i++)
            {
                Add(hash, input.Shape[i]);
            }

            hash.AppendData(input.Data.Span);
        }

        Add(hash, job.Outputs.Count);
        foreach (var output in job.Outputs)
        {
            Add(hash, output.Name);
        }

        return End(hash);
    }

    /// <summary>Of a body that could not be read as a job.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> body) => SHA256.HashData(body).AsMemory(0, Length);

    private static ReadOnlyMemory<byte> End(IncrementalHash hash) => hash.GetHashAndReset().AsMemory(0, Length);

    private static void Add(IncrementalHash hash, string text)
    {
        Add(hash, text.Length);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static void Add(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
