namespace Millrace.Cli.Terminal;

/// <summary>
/// Reads a stream that nobody may ever write to again, such as a pipe: a read that is cancelled is left to itself, since the system's own cannot
/// be ended. What it reads after that is lost.
/// </summary>
internal sealed class AbandonableStream(Stream inner) : Stream
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private Task<int>? _abandoned;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_abandoned is not null)
        {
            throw new IOException("A read of this stream was given up.");
        }

        // Into a buffer that is ours for as long as the read may last.
        var reading = Task.Run(() => inner.Read(_buffer.AsSpan(0, Math.Min(buffer.Length, _buffer.Length))), CancellationToken.None);
        try
        {
            var count = await reading.WaitAsync(cancellationToken);
            _buffer.AsSpan(0, count).CopyTo(buffer.Span);
            return count;
        }
        catch (OperationCanceledException) when (!reading.IsCompleted)
        {
            _abandoned = reading;
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // A handle that is being read may not be closed: the read would end with the process only, and the closing with it.
        if (disposing && _abandoned is null)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
