using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Millrace.Worker.Observability;
using Xunit;

namespace Millrace.Worker.Tests.Observability;

public sealed class BoundedLoggerFactoryTests : IDisposable
{
    private static readonly Action<ILogger, int, Exception?> s_warning = LoggerMessage.Define<int>(LogLevel.Warning, new EventId(310, "Undeliverable"), "reply {Number}");
    private static readonly Action<ILogger, int, Exception?> s_other = LoggerMessage.Define<int>(LogLevel.Error, new EventId(321, "Unwritable"), "message {Number}");
    private static readonly Action<ILogger, int, Exception?> s_told = LoggerMessage.Define<int>(LogLevel.Information, new EventId(100, "Loaded"), "model {Number}");
    private static readonly Action<ILogger, int, Exception?> s_last = LoggerMessage.Define<int>(LogLevel.Critical, new EventId(9, "Ended"), "end {Number}");

    private readonly ManualTime _time = new();
    private readonly Lines _lines = new();
    private readonly BoundedLoggerFactory _factory;
    private readonly ILogger _logger;

    public BoundedLoggerFactoryTests()
    {
        _factory = new BoundedLoggerFactory(LoggerFactory.Create(logging => logging.AddProvider(_lines)), _time);
        _logger = _factory.CreateLogger("a");
    }

    public void Dispose()
    {
        _factory.Dispose();
        _lines.Dispose();
        _time.Dispose();
    }

    [Fact]
    public void Lines_of_one_kind_are_bounded_and_what_is_left_out_is_counted()
    {
        for (var i = 0; i < 10_000; i++)
        {
            s_warning(_logger, i, null);
        }

        Assert.Equal(20, _lines.Written.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("9980 more line(s) of event 310 (Undeliverable) were left out", _lines.Written.Last());

        s_warning(_logger, 1, null);
        Assert.Equal("reply 1", _lines.Written.Last());
    }

    [Fact]
    public void All_kinds_together_stay_under_a_hundred_lines_a_second()
    {
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 1_000; i++)
            {
                s_warning(_factory.CreateLogger($"category {i % 50}"), i, null);
                s_other(_factory.CreateLogger($"category {i % 50}"), i, null);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            var ofLines = _lines.Written.Count(line => !line.EndsWith("left out", StringComparison.Ordinal));
            Assert.InRange(ofLines, 0, (second + 2) * BoundedLoggerFactory.LinesInAll);
        }
    }

    [Fact]
    public void One_kind_does_not_keep_another_from_being_written()
    {
        for (var i = 0; i < 10_000; i++)
        {
            s_warning(_logger, i, null);
        }

        s_other(_logger, 7, null);
        Assert.Equal("message 7", _lines.Written.Last());
    }

    [Fact]
    public void What_tells_of_the_worker_itself_is_written_in_any_case()
    {
        for (var i = 0; i < 500; i++)
        {
            s_told(_logger, i, null);
            s_last(_logger, i, null);
        }

        Assert.Equal(1_000, _lines.Written.Count);
    }

    [Fact]
    public void The_count_is_written_at_the_end_too()
    {
        for (var i = 0; i < 21; i++)
        {
            s_warning(_logger, i, null);
        }

        _factory.Dispose();
        Assert.Equal("1 more line(s) of event 310 (Undeliverable) were left out", _lines.Written.Last());
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
