using System.Collections.Concurrent;
using Millrace.TestKit;

namespace Millrace.Producer.Tests;

public sealed class PredictManyTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replies_come_in_the_jobs_order_whatever_order_they_have_ended_in()
    {
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = Client(async job =>
        {
            await (Number(job) == 0 ? second.Task : Task.CompletedTask);
            if (Number(job) == 1)
            {
                second.SetResult();
            }
        });

        var sums = await client.PredictManyAsync(Jobs(20), cancellationToken: Token).Select(Sum).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{number}"), sums);
    }

    [Fact]
    public async Task Replies_come_as_they_are_there_where_no_order_is_asked_for()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = Client(job => Number(job) == 0 ? first.Task : Task.CompletedTask);
        var sums = new List<string>();

        await foreach (var result in client.PredictManyAsync(Jobs(10), new PredictManyOptions { InOrder = false }, Token))
        {
            sums.Add(Sum(result));
            if (sums.Count == 9)
            {
                first.SetResult();
            }
        }

        Assert.Equal("0", sums[^1]);
        Assert.Equal(Enumerable.Range(0, 10).Select(number => $"{number}"), sums.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_more_jobs_are_read_than_the_window_holds(bool inOrder)
    {
        var read = 0;
        var taken = 0;
        var most = 0;
        await using var client = Client(_ => Task.CompletedTask);

        await foreach (var _ in client.PredictManyAsync(Jobs(200, () => most = Math.Max(most, ++read - Volatile.Read(ref taken))), new PredictManyOptions { MaxInFlight = 4, InOrder = inOrder }, Token))
        {
            Interlocked.Increment(ref taken);
        }

        Assert.Equal(200, read);
        // One more is in the caller's hands.
        Assert.InRange(most, 1, 5);
    }

    [Fact]
    public async Task A_source_that_waits_holds_no_reply_back()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = Client(_ => Task.CompletedTask);

        await foreach (var result in client.PredictManyAsync(WaitBehindTheFirst(taken.Task), cancellationToken: Token))
        {
            taken.TrySetResult();
        }

        static async IAsyncEnumerable<PredictionJob> WaitBehindTheFirst(Task taken)
        {
            yield return Job(0);
            await taken.WaitAsync(s_patience, Token);
            yield return Job(1);
        }
    }

    [Fact]
    public async Task Who_stops_reading_stops_the_calls_and_the_source()
    {
        var ended = new ConcurrentBag<int>();
        var sourceEnded = false;
        var transport = new ScriptedTransport(async (job, cancellationToken) =>
        {
            if (Number(job) == 0)
            {
                return SumModel.Answer(job);
            }

            using var end = cancellationToken.Register(() => ended.Add(Number(job)));
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException();
        });
        await using var client = new MillraceClient(transport, new MillraceClientOptions());

        await foreach (var result in client.PredictManyAsync(Jobs(1000, ended: () => sourceEnded = true), new PredictManyOptions { MaxInFlight = 8 }, Token))
        {
            break;
        }

        Assert.True(sourceEnded);
        Assert.InRange(transport.Jobs.Count, 1, 9);
        Assert.Equal(transport.Jobs.Count - 1, ended.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_source_that_fails_takes_nothing_from_the_jobs_before(bool inOrder)
    {
        await using var client = Client(_ => Task.Delay(20, Token));
        var taken = 0;

        var failure = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var _ in client.PredictManyAsync(Broken(), new PredictManyOptions { InOrder = inOrder }, Token))
            {
                taken++;
            }
        });

        Assert.Equal(("no more", 3), (failure.Message, taken));

        static async IAsyncEnumerable<PredictionJob> Broken()
        {
            await foreach (var job in Jobs(3))
            {
                yield return job;
            }

            throw new IOException("no more");
        }
    }

    [Fact]
    public async Task A_job_that_cannot_be_sent_ends_the_whole_with_its_reason()
    {
        await using var client = Client(_ => Task.CompletedTask);
        var taken = 0;

        await Assert.ThrowsAsync<ArgumentException>(async () =>
        {
            await foreach (var _ in client.PredictManyAsync(Jobs(5).Select(job => Number(job) == 2 ? job with { ModelName = null } : job), cancellationToken: Token))
            {
                taken++;
            }
        });

        Assert.Equal(2, taken);
    }

    [Fact]
    public async Task A_window_of_nothing_is_refused()
    {
        await using var client = Client(_ => Task.CompletedTask);

        Assert.Throws<ArgumentOutOfRangeException>(() => client.PredictManyAsync(Jobs(1), new PredictManyOptions { MaxInFlight = 0 }, Token));
    }

    private static MillraceClient Client(Func<PredictionJob, Task> before) => new(
        new ScriptedTransport(async (job, _) =>
        {
            await before(job);
            return SumModel.Answer(job);
        }),
        new MillraceClientOptions());

    private static async IAsyncEnumerable<PredictionJob> Jobs(int count, Action? read = null, Action? ended = null)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                await Task.Yield();
                read?.Invoke();
                yield return Job(i);
            }
        }
        finally
        {
            ended?.Invoke();
        }
    }

    private static PredictionJob Job(int number) => new() { ModelName = SumModel.Name, Inputs = [Tensor.Create<float>("x", [1, 2], [number, 0])] };

    private static int Number(PredictionJob job) => (int)job.Inputs[0].AsSpan<float>()[0];

    private static string Sum(PredictionResult result) => result.Output("label").Strings[0];
}
