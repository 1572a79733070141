using System.Buffers;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Bodies of the Open Inference Protocol (v2): its JSON, and its binary tensor data extension
/// (https://github.com/kserve/open-inference-protocol).
/// </summary>
public static class OipFormat
{
    /// <summary>AMQP <c>content_type</c> of the protocol's JSON.</summary>
    public const string JsonContentType = "application/json";

    /// <summary>AMQP <c>content_type</c> of the binary extension.</summary>
    public const string BinaryContentType = "application/octet-stream";

    /// <summary>AMQP header with the length in bytes of the JSON before the tensors.</summary>
    public const string HeaderLengthHeader = "Inference-Header-Content-Length";

    /// <summary>Reads a request in the protocol's JSON.</summary>
    public static bool TryReadJob(ReadOnlyMemory<byte> body, WireLimits limits, out PredictionJob job, out WireError error) =>
        JobReader.TryRead(body, default, limits, out job, out error);

    /// <summary>Reads a request in the binary extension. The tensors refer to <paramref name="body"/>; nothing is copied.</summary>
    /// <param name="body">JSON header, then the tensors.</param>
    /// <param name="headerLength">Length of the JSON header in bytes.</param>
    /// <param name="limits">What is accepted.</param>
    /// <param name="job">The request, where true is returned.</param>
    /// <param name="error">The fault, where false is returned.</param>
    public static bool TryReadBinaryJob(
        ReadOnlyMemory<byte> body, int headerLength, WireLimits limits, out PredictionJob job, out WireError error)
    {
        if (headerLength > 0 && headerLength <= body.Length)
        {
            return JobReader.TryRead(body[..headerLength], body[headerLength..], limits, out job, out error);
        }

        job = null!;
        error = new WireError(
            ErrorCode.UnreadableBody,
            $"header {HeaderLengthHeader}: {headerLength} is not a length inside the body of {body.Length} bytes");
        return false;
    }

    /// <summary>Looks for the id alone, in a request that is not going to be read: one that is too large, say. Costs no memory.</summary>
    /// <param name="json">The JSON of the request, or its beginning.</param>
    /// <returns>The id; null where none was found before the JSON ended or broke.</returns>
    public static Guid? FindId(ReadOnlySpan<byte> json) => JobReader.FindId(json);

    /// <summary>Reads a response in the protocol's JSON.</summary>
    /// <exception cref="FormatException">The body is no response.</exception>
    public static PredictionResult ReadResult(ReadOnlyMemory<byte> body) => ResultReader.Read(body, default);

    /// <summary>Reads a response in the binary extension. The tensors refer to <paramref name="body"/>.</summary>
    /// <exception cref="FormatException">The body is no response.</exception>
    public static PredictionResult ReadBinaryResult(ReadOnlyMemory<byte> body, int headerLength) =>
        headerLength > 0 && headerLength <= body.Length
            ? ResultReader.Read(body[..headerLength], body[headerLength..])
            : throw new FormatException($"header {HeaderLengthHeader}: {headerLength} is not a length inside the body of {body.Length} bytes");

    /// <summary>Writes a request in the protocol's JSON.</summary>
    public static WireBody WriteJob(PredictionJob job) => WriteJson(job, static (writer, value) => OipWriter.WriteJob(writer, value, binary: false));

    /// <summary>Writes a request in the binary extension.</summary>
    public static WireBody WriteBinaryJob(PredictionJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return WriteBinary(job, static (writer, value) => OipWriter.WriteJob(writer, value, binary: true), job.Inputs);
    }

    /// <summary>Writes a response in the protocol's JSON.</summary>
    /// <param name="result">The response.</param>
    /// <param name="pool">Where the body's array is taken from, to be given back there; null for an array of its own.</param>
    public static WireBody WriteResult(PredictionResult result, ArrayPool<byte>? pool = null) =>
        WriteJson(result, static (writer, value) => OipWriter.WriteResult(writer, value, binary: false), pool);

    /// <summary>Writes a response in the binary extension.</summary>
    /// <param name="result">The response.</param>
    /// <param name="pool">Where the body's array is taken from, to be given back there; null for an array of its own.</param>
    public static WireBody WriteBinaryResult(PredictionResult result, ArrayPool<byte>? pool = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        return WriteBinary(result, static (writer, value) => OipWriter.WriteResult(writer, value, binary: true), result.Outputs, pool);
    }

    private static WireBody WriteJson<T>(T value, Action<Utf8JsonWriter, T> write, ArrayPool<byte>? pool = null)
    {
        using var buffer = WireBuffer.Rent();
        write(buffer.Json, value);
        buffer.Json.Flush();
        return new WireBody(buffer.Copy(pool), JsonContentType);
    }

    private static WireBody WriteBinary<T>(T value, Action<Utf8JsonWriter, T> write, IReadOnlyList<Tensor> tensors, ArrayPool<byte>? pool = null)
    {
        using var buffer = WireBuffer.Rent();
        write(buffer.Json, value);
        buffer.Json.Flush();
        var headerLength = buffer.Length;
        for (var i = 0; i < tensors.Count; i++)
        {
            buffer.Append(tensors[i].Data.Span);
        }

        return new WireBody(buffer.Copy(pool), BinaryContentType, headerLength);
    }
}
