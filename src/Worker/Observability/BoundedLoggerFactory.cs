using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Millrace.Worker.Observability;

/// <summary>
/// Bounds how much the worker writes, whatever callers send it: of warnings and errors a few lines a second of each kind, and so many of
/// all kinds together. What is left out is counted, and the count written a second later. Other lines tell of the worker's own doings.
/// </summary>
internal sealed class BoundedLoggerFactory(ILoggerFactory factory, TimeProvider time) : ILoggerFactory
{
    /// <summary>Lines a second of one kind (category and event).</summary>
    public const int LinesOfAKind = 5;

    /// <summary>Lines a second of all kinds together.</summary>
    public const int LinesInAll = 40;

    // As many of a kind tell of one incident: the models of a worker that all fail, say.
    private const int KindAtOnce = 20;

    private readonly ConcurrentDictionary<(string Category, int Event), LineKind> _kinds = new();
    private readonly LineBudget _all = new(time, LinesInAll, LinesInAll);

    public ILogger CreateLogger(string categoryName) => new BoundedLogger(this, categoryName, factory.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    public void Dispose()
    {
        foreach (var kind in _kinds.Values)
        {
            kind.Dispose();
        }

        factory.Dispose();
    }

    private LineKind KindOf(string category, EventId id, ILogger logger) =>
        _kinds.GetOrAdd((category, id.Id), _ => new LineKind(logger, id, new LineBudget(time, LinesOfAKind, KindAtOnce), _all, time));

    private sealed class BoundedLogger(BoundedLoggerFactory factory, string category, ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // What ends the worker is said in any case.
            if (logLevel is not (LogLevel.Warning or LogLevel.Error) || factory.KindOf(category, eventId, logger).TryTake())
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
