using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Contracts;

/// <summary>How job ids are made where the caller does not choose one: RFC 9562 version 7 for new jobs, version 5 for derived ones.</summary>
public static class JobId
{
    // Namespace of ids that are derived from a message's content; a random constant of this project.
    private static readonly Guid s_contentNamespace = new("5f0d5f2e-6a0e-4b52-9c39-0a4f9c3c8a51");

    /// <summary>A new id that sorts by time.</summary>
    public static Guid New(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Guid.CreateVersion7(time.GetUtcNow());
    }

    /// <summary>
    /// The id of a run's job that begins at a row. How many rows it has is not part of it: a run that is taken up again with other rows, or
    /// with another number of them a job, is told so by the first one, instead of being scored a second time.
    /// </summary>
    public static Guid ForRun(Guid runId, long firstRow)
    {
        Span<byte> name = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(name, firstRow);
        return Derive(runId, name);
    }

    /// <summary>The id of a run's row range, for the parts of a job that was refused for its size: the same range of the same run is the same job, however often it is published.</summary>
    public static Guid ForRows(Guid runId, long firstRow, int rowCount)
    {
        Span<byte> name = stackalloc byte[sizeof(long) + sizeof(int)];
        BinaryPrimitives.WriteInt64BigEndian(name, firstRow);
        BinaryPrimitives.WriteInt32BigEndian(name[sizeof(long)..], rowCount);
        return Derive(runId, name);
    }

    /// <summary>
    /// The id of a job that names none. It must be the same at every delivery of the message, or a redelivery would be another job:
    /// AMQP's <c>message_id</c> where it is a UUID, else a hash of all that tells this message from another one.
    /// </summary>
    public static Guid OfMessage(string? messageId, string? correlationId, string? replyTo, ReadOnlySpan<byte> body)
    {
        if (Guid.TryParseExact(messageId, "D", out var id))
        {
            return id;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in new[] { messageId, correlationId, replyTo })
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
            hash.AppendData([0]);
        }

        hash.AppendData(body);
        return Derive(s_contentNamespace, hash.GetHashAndReset());
    }

    /// <summary>RFC 9562 version 5: SHA-1 of the namespace's 16 bytes (network order) and the name.</summary>
    public static Guid Derive(Guid @namespace, ReadOnlySpan<byte> name)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        Span<byte> bytes = stackalloc byte[SHA1.HashSizeInBytes];
        @namespace.TryWriteBytes(bytes, bigEndian: true, out _);
        hash.AppendData(bytes[..16]);
        hash.AppendData(name);
        hash.GetHashAndReset(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x50);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes[..16], bigEndian: true);
    }
}
