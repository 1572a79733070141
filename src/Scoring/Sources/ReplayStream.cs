namespace Millrace.Scoring.Sources;

/// <summary>
/// Lets what was read be read again: it keeps all bytes from an offset on that its owner moves forward. Neither a look at the start of
/// a file nor a second try at a row then needs a file that can seek.
/// </summary>
internal sealed class ReplayStream(Stream inner) : ReadOnlyStream
{
    private const int BlockBytes = 64 << 10;

    private byte[] _kept = new byte[2 * BlockBytes];
    private long _keptFrom;
    private int _keptBytes;
    private int _next;
    private long _needed;

    /// <summary>Whether it is text that was made of another encoding's.</summary>
    public bool IsTranscoded { get; init; }

    /// <summary>Whether what it was made of could be UTF-8 as well.</summary>
    public bool IsUtf8Too { get; init; }

    /// <summary>Offset of the next byte that a reader gets.</summary>
    public long Offset => _keptFrom + _next;

    /// <summary>What was read of the file and no reader got yet.</summary>
    public ReadOnlyMemory<byte> Ahead => _kept.AsMemory(_next, _keptBytes - _next);

    /// <summary>Gives up what stands before an offset.</summary>
    public void KeepFrom(long offset) => _needed = offset;

    /// <summary>Keeps nothing from here on but what was not handed out.</summary>
    public void KeepNothing() => _needed = long.MaxValue;

    /// <summary>The next byte that a reader gets is the one at an offset that is kept.</summary>
    public void GoTo(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, _keptFrom);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _keptFrom + _keptBytes);
        _next = (int)(offset - _keptFrom);
    }

    /// <summary>Bytes that are kept, from an offset on.</summary>
    public ReadOnlySpan<byte> KeptFrom(long offset) => _kept.AsSpan(0, _keptBytes)[(int)(offset - _keptFrom)..];

    /// <summary>Reads on in the file, to <see cref="Ahead"/>.</summary>
    /// <returns>False at the file's end.</returns>
    public async ValueTask<bool> ReadAheadAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var count = await inner.ReadAsync(_kept.AsMemory(_keptBytes, BlockBytes), cancellationToken);
        _keptBytes += count;
        return count > 0;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_next == _keptBytes && !await ReadAheadAsync(cancellationToken))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _keptBytes - _next);
        _kept.AsSpan(_next, count).CopyTo(buffer.Span);
        _next += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void MakeRoom()
    {
        if (_kept.Length - _keptBytes >= BlockBytes)
        {
            return;
        }

        var dead = (int)(Math.Min(_needed, Offset) - _keptFrom);
        var target = _keptBytes - dead + BlockBytes > _kept.Length ? new byte[2 * _kept.Length] : _kept;
        _kept.AsSpan(dead, _keptBytes - dead).CopyTo(target);
        (_kept, _keptFrom, _keptBytes, _next) = (target, _keptFrom + dead, _keptBytes - dead, _next - dead);
    }
}
