using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Millrace.Results;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Resilience;

public sealed class RetryPipelinesTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _lines = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StoreFaultKind.Passing)]
    [InlineData(StoreFaultKind.NoRoom)]
    [InlineData(StoreFaultKind.Setup)]
    [InlineData(StoreFaultKind.Data)]
    [InlineData(StoreFaultKind.Unexplained)]
    public async Task A_call_to_the_store_is_tried_again_whatever_it_fails_for(StoreFaultKind kind)
    {
        await using var store = new MemoryStore { Kind = _ => kind };
        using var pipelines = new RetryPipelines(store, TimeProvider.System, new Lines(_lines));

        Assert.Equal(4, await FailAsync(pipelines, 3));
    }

    [Fact]
    public async Task Calls_that_fail_together_make_one_line_a_second_that_counts_the_others()
    {
        await using var store = new MemoryStore { Kind = _ => StoreFaultKind.Passing };
        using var time = new ManualTime();
        using var pipelines = new RetryPipelines(store, time, new Lines(_lines));
        var calls = Enumerable.Range(0, 100).Select(_ => FailAsync(pipelines, 1)).ToArray();
        Assert.Single(_lines);
        Assert.Contains("attempt 1: away", _lines.First(), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(4));
        await Task.WhenAll(calls).WaitAsync(s_patience, Token);

        var last = FailAsync(pipelines, 1);
        time.Advance(TimeSpan.FromSeconds(4));
        await last.WaitAsync(s_patience, Token);

        Assert.Contains("99 more such failure(s)", _lines.Last(), StringComparison.Ordinal);
        Assert.Equal(2, _lines.Count);
    }

    [Fact]
    public async Task Nobody_waits_for_the_store_once_they_have_ended()
    {
        await using var store = new MemoryStore { Kind = _ => StoreFaultKind.Passing };
        var pipelines = new RetryPipelines(store, TimeProvider.System, new Lines(_lines));
        pipelines.Dispose();

        await Assert.ThrowsAsync<IOException>(() => FailAsync(pipelines, int.MaxValue).WaitAsync(s_patience, Token));
    }

    /// <returns>How often it was called.</returns>
    private static async Task<int> FailAsync(RetryPipelines pipelines, int failures)
    {
        var calls = 0;
        await pipelines.Store.ExecuteAsync(
            _ => calls++ < failures ? throw new IOException("away") : ValueTask.CompletedTask, Token);
        return calls;
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILogger<RetryPipelines>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));
    }
}
