using Millrace.Contracts.Wire;
using Millrace.TestKit;

namespace Millrace.Producer.Tests;

public sealed class MillraceClientTests
{
    private static readonly PredictionJob s_job = new()
    {
        ModelName = SumModel.Name,
        Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_without_an_id_gets_one_that_sorts_by_time()
    {
        var transport = new ScriptedTransport(SumModel.AnswerAsync);
        await using var client = new MillraceClient(transport, new MillraceClientOptions());

        var result = await client.PredictAsync(s_job, Token);

        Assert.Equal(7, result.Id!.Value.Version);
        Assert.Equal(result.Id, Assert.Single(transport.Jobs).Id);
        Assert.Equal(["3"], result.Outputs[0].ToStrings());
    }

    [Fact]
    public async Task A_job_keeps_its_own_id_and_goes_out_in_binary()
    {
        var transport = new ScriptedTransport(SumModel.AnswerAsync);
        await using var client = new MillraceClient(transport, new MillraceClientOptions());
        var id = Guid.NewGuid();

        Assert.Equal(id, await client.PublishAsync(s_job with { Id = id }, Lane.Bulk, Token));

        var sent = Assert.Single(transport.Jobs);
        Assert.Equal((id, Lane.Bulk, OipFormat.BinaryContentType), (sent.Id, sent.Lane, sent.Body.ContentType));
    }

    [Fact]
    public async Task The_window_bounds_the_calls_under_way()
    {
        var transport = new ScriptedTransport(async (job, _) =>
        {
            await Task.Yield();
            return SumModel.Answer(job);
        });
        await using var client = new MillraceClient(transport, new MillraceClientOptions { MaxInFlight = 4 });

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.PredictAsync(s_job, Token)));

        Assert.InRange(transport.MostInFlight, 1, 4);
    }

    [Fact]
    public async Task A_call_that_failed_gives_its_place_back()
    {
        var transport = new ScriptedTransport((_, _) => throw new IOException());
        await using var client = new MillraceClient(transport, new MillraceClientOptions { MaxInFlight = 1 });

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<IOException>(() => client.PredictAsync(s_job, Token));
        }
    }

    [Fact]
    public async Task No_reply_in_time_is_told_with_the_job()
    {
        await using var client = Silent(TimeSpan.FromMilliseconds(20));
        var id = Guid.NewGuid();

        var timeout = await Assert.ThrowsAsync<ReplyTimeoutException>(() => client.PredictAsync(s_job with { Id = id }, Token));

        Assert.Equal(id, timeout.JobId);
        Assert.Equal($"Job {id}: no reply within 0.02 s.", timeout.Message);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_no_timeout()
    {
        await using var client = Silent(Timeout.InfiniteTimeSpan);
        using var gone = new CancellationTokenSource();

        var call = client.PredictAsync(s_job, gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_job_names_its_model()
    {
        await using var client = Silent(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<ArgumentException>(() => client.PredictAsync(s_job with { ModelName = null }, Token));
    }

    [Fact]
    public async Task A_reply_that_is_none_is_told_with_the_job()
    {
        await using var client = new MillraceClient(new GarblingTransport(), new MillraceClientOptions());
        var id = Guid.NewGuid();

        var failure = await Assert.ThrowsAsync<UnreadableReplyException>(() => client.PredictAsync(s_job with { Id = id }, Token));

        Assert.Equal(id, failure.JobId);
        Assert.StartsWith($"Job {id}: the reply cannot be read: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_name_a_broker() =>
        await Assert.ThrowsAsync<ArgumentException>(() => MillraceClient.ConnectAsync(new MillraceClientOptions(), Token));

    [Fact]
    public async Task Options_that_are_none_are_refused_together()
    {
        var options = new MillraceClientOptions { MaxInFlight = 0, Timeout = TimeSpan.FromSeconds(-5), ConnectTimeout = TimeSpan.Zero };

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => MillraceClient.ConnectAsync(options, Token));

        Assert.StartsWith(
            "MaxInFlight is 0, expected 1 or more. Timeout is -00:00:05, expected a time above zero and of 49 days at most, or Timeout.InfiniteTimeSpan. "
                + "ConnectTimeout is 00:00:00, expected a time above zero and of 49 days at most.",
            refused.Message,
            StringComparison.Ordinal);
    }

    private static MillraceClient Silent(TimeSpan timeout) => new(
        new ScriptedTransport(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException();
        }),
        new MillraceClientOptions { Timeout = timeout });

    private sealed class GarblingTransport : IJobTransport
    {
        public Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken) =>
            Task.FromResult(new WireBody("[1]"u8.ToArray(), OipFormat.JsonContentType));

        public Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => default;
    }
}
