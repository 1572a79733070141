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

    [ThreadStatic]
    private static IncrementalHash? t_free;

    public static ReadOnlyMemory<byte> Of(PredictionJob job, string modelName)
    {
        // Made anew for each job it would cost as much as the hashing.
        var hash = t_free ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        t_free = null;
        Add(hash, modelName);
        Add(hash, job.ModelVersion ?? "");
        for (var n = 0; n < job.Inputs.Count; n++)
        {
            var input = job.Inputs[n];
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

        // What differs only in this has another answer. The hash of all others is what it was before there was such a parameter.
        if (job.IsPartial)
        {
            Add(hash, JobParameters.Partial);
            foreach (var fault in job.RowFaults)
            {
                Add(hash, fault.Row);
                Add(hash, fault.Error);
            }
        }

        var value = End(hash);
        t_free = hash;
        return value;
    }

    /// <summary>Of a body that could not be read as a job.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> body) => SHA256.HashData(body).AsMemory(0, Length);

    private static ReadOnlyMemory<byte> End(IncrementalHash hash)
    {
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        return whole[..Length].ToArray();
    }

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
