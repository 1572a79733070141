using System.Collections.Concurrent;
using Millrace.Contracts.Wire;

namespace Millrace.Producer;

/// <summary>Who waits for which reply. The client's window bounds it.</summary>
internal sealed class PendingReplies
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<WireBody>> _waiting = new(StringComparer.Ordinal);
    private long _sequence;
    private volatile Exception? _end;

    /// <summary>Opens a place for the reply to a job that is about to be sent.</summary>
    /// <returns>The correlation id, unlike any other open one even where the same job is asked for twice, and the reply to come.</returns>
    public (string CorrelationId, Task<WireBody> Reply) Open(Guid jobId)
    {
        var correlationId = $"{jobId}/{Interlocked.Increment(ref _sequence)}";
        var source = new TaskCompletionSource<WireBody>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[correlationId] = source;
        if (_end is { } end)
        {
            Fail(source, end);
        }

        return (correlationId, source.Task);
    }

    /// <summary>Gives a place back, answered or not.</summary>
    public void Close(string correlationId) => _waiting.TryRemove(correlationId, out _);

    /// <summary>Hands a reply to who waits for it. A reply that nobody waits for any more is late, and dropped.</summary>
    public void Complete(string? correlationId, WireBody reply)
    {
        if (correlationId is not null && _waiting.TryRemove(correlationId, out var source))
        {
            source.TrySetResult(reply);
        }
    }

    /// <summary>No reply will come any more: ends all that wait, and every one opened from now on.</summary>
    public void End(Exception reason)
    {
        _end ??= reason;
        foreach (var source in _waiting.Values)
        {
            Fail(source, _end);
        }
    }

    private static void Fail(TaskCompletionSource<WireBody> source, Exception reason)
    {
        source.TrySetException(reason);
        // Its owner may have stopped waiting already: the exception counts as seen.
        _ = source.Task.Exception;
    }
}
