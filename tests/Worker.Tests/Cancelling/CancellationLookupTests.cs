using System.Reflection;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Cancelling;

public sealed class CancellationLookupTests : IDisposable
{
    private readonly LookupStore _store;
    private readonly CancellationLookup _lookup;
    private readonly Guid[] _ids = [.. Enumerable.Range(0, 100).Select(_ => Guid.NewGuid())];

    public CancellationLookupTests()
    {
        var store = DispatchProxy.Create<ILookupStore, LookupStore>();
        _store = (LookupStore)(object)store;
        _lookup = new CancellationLookup(
            store,
            new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance),
            Options.Create(new CancellingOptions { RememberFor = TimeSpan.FromHours(1) }));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _lookup.Dispose();

    [Fact]
    public async Task Those_that_ask_while_a_question_is_out_share_the_next_one()
    {
        var first = _lookup.IsCancelledAsync(_ids[0], Token);
        var question = await _store.NextAsync();
        var others = _ids[1..].Select(id => _lookup.IsCancelledAsync(id, Token)).ToArray();
        question.Answer.SetResult(new HashSet<Guid> { _ids[0] });

        var second = await _store.NextAsync();
        second.Answer.SetResult(new HashSet<Guid> { _ids[7] });

        Assert.True(await first);
        Assert.Equal(_ids[1..].Select(id => id == _ids[7]), await Task.WhenAll(others));
        Assert.Equal([_ids[0]], question.JobIds);
        Assert.Equal(TimeSpan.FromHours(1), question.Age);
        Assert.Equal(_ids[1..], second.JobIds);
    }

    [Fact]
    public async Task A_fault_is_told_to_those_that_asked_and_the_next_ones_ask_anew()
    {
        var first = _lookup.IsCancelledAsync(_ids[0], Token);
        (await _store.NextAsync()).Answer.SetException(new InvalidOperationException("test"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);

        var second = _lookup.IsCancelledAsync(_ids[1], Token);
        (await _store.NextAsync()).Answer.SetResult(new HashSet<Guid>());

        Assert.False(await second);
    }

    [Fact]
    public async Task An_outage_is_waited_out_and_who_is_gone_does_not_wait()
    {
        using var gone = new CancellationTokenSource();
        var first = _lookup.IsCancelledAsync(_ids[0], gone.Token);
        (await _store.NextAsync()).Answer.SetException(new TimeoutException("away"));
        var again = await _store.NextAsync();
        var second = _lookup.IsCancelledAsync(_ids[1], Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        again.Answer.SetResult(new HashSet<Guid>());
        (await _store.NextAsync()).Answer.SetResult(new HashSet<Guid> { _ids[1] });

        Assert.True(await second);
    }

    internal interface ILookupStore : IResultStore, ICancellationStore;

    internal sealed record Asked(IReadOnlyCollection<Guid> JobIds, TimeSpan Age)
    {
        public TaskCompletionSource<IReadOnlySet<Guid>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A store that is asked for requests and answers when the test does.</summary>
#pragma warning disable CA1852 // The proxy that is made at run time derives from it.
    internal class LookupStore : DispatchProxy
#pragma warning restore CA1852
    {
        private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();

        public async Task<Asked> NextAsync() =>
            await _asked.Reader.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            switch (targetMethod!.Name)
            {
                case nameof(ICancellationStore.FindCancelledAsync):
                    var asked = new Asked((IReadOnlyCollection<Guid>)args![0]!, (TimeSpan)args[1]!);
                    _asked.Writer.TryWrite(asked);
                    return asked.Answer.Task;
                case nameof(IResultStore.Explain):
                    var failure = (Exception)args![0]!;
                    // Whatever a store explains is waited out: what ends a look is a fault of the program's own.
                    return failure is TimeoutException ? new StoreFault(StoreFaultKind.Passing, failure.Message) : throw failure;
                case "get_Description":
                    return "test";
                default:
                    throw new NotSupportedException(targetMethod.Name);
            }
        }
    }
}
