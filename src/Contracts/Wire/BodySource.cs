namespace Millrace.Contracts.Wire;

/// <summary>
/// A compressed body as a stream that knows whether it was read to its very end, and no further: .NET's streams pass over a body that is cut
/// off and over what stands behind the end. The last byte is given by itself, so that it is asked for only where it is needed.
/// </summary>
internal sealed class BodySource(ReadOnlyMemory<byte> body) : Stream
{
    private int _position;

    /// <summary>Whether more was asked for than there is.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Whether nothing is left.</summary>
    public bool IsRead => _position == body.Length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var left = body.Length - _position;
        if (left == 0)
        {
            IsCutOff = true;
            return 0;
        }

        var count = Math.Min(buffer.Length, left == 1 ? 1 : left - 1);
        body.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
