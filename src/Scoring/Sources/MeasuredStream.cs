using System.Security.Cryptography;

namespace Millrace.Scoring.Sources;

/// <summary>Passes a file through on its way to the reader, and learns from it: how much was read, and its SHA-256.</summary>
internal sealed class MeasuredStream(Stream inner) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytesRead;

    /// <summary>Bytes read so far; may be asked for from another thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>SHA-256 of all that was read, in lower-case hexadecimal.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _hash.AppendData(buffer.Span[..count]);
        Volatile.Write(ref _bytesRead, _bytesRead + count);
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
