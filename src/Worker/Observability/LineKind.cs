using Microsoft.Extensions.Logging;

namespace Millrace.Worker.Observability;

/// <summary>Lines of one event: which of them are written, and how many were not.</summary>
internal sealed partial class LineKind : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger;
    private readonly EventId _id;
    private readonly LineBudget _budget;
    private readonly LineBudget _all;
    private readonly ITimer _timer;
    private long _leftOut;

    public LineKind(ILogger logger, EventId id, LineBudget budget, LineBudget all, TimeProvider time)
    {
        (_logger, _id, _budget, _all) = (logger, id, budget, all);
        _timer = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a line is to be written; it is counted where not.</summary>
    public bool TryTake()
    {
        if (_budget.TryTake() && _all.TryTake())
        {
            return true;
        }

        if (Interlocked.Increment(ref _leftOut) == 1)
        {
            _timer.Change(s_pause, Timeout.InfiniteTimeSpan);
        }

        return false;
    }

    public void Dispose()
    {
        _timer.Dispose();
        Tell();
    }

    private void Tell()
    {
        if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var count)
        {
            LogLeftOut(_logger, count, _id.Id, _id.Name);
        }
    }

    [LoggerMessage(EventId = 800, Level = LogLevel.Warning, Message = "{Count} more line(s) of event {Event} ({Name}) were left out")]
    private static partial void LogLeftOut(ILogger logger, long count, int @event, string? name);
}
