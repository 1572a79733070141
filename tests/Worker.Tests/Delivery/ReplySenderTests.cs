using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

public sealed class ReplySenderTests
{
    // More than a pool of bodies hands out before it takes one that came back.
    private const int Many = 300;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(WireFormat.Json)]
    [InlineData(WireFormat.Binary)]
    public async Task A_reply_stays_as_it_is_until_it_is_confirmed_whatever_is_sent_meanwhile(WireFormat format)
    {
        var first = Job(format);
        var sender = new HeldSender(keepsBodies: false, held: first.Reply.CorrelationId!);
        await SendAsync(sender, first, Enumerable.Range(0, Many).Select(_ => Job(format)));

        Assert.False(first.Settled().IsCompleted);
        Assert.Equal(first.JobId, IdIn(sender.Messages[0]));

        sender.Outcome.SetResult(SendOutcome.Confirmed);
        await first.Settled().WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task Replies_that_their_receiver_keeps_are_not_written_over()
    {
        var jobs = Enumerable.Range(0, Many).Select(_ => Job(WireFormat.Binary)).ToArray();
        var sender = new HeldSender(keepsBodies: true, held: "");
        await SendAsync(sender, jobs[0], jobs[1..]);

        Assert.Equal(jobs.Select(job => job.JobId), sender.Messages.Select(IdIn));
    }

    private static RunnableJob Job(WireFormat format)
    {
        var job = PendingJobs.ToBatch(TimeProvider.System, reply: new ReplyRoute("replies", $"{Guid.NewGuid()}", format));
        job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded, Outputs = [Tensor.Create<float>("y", [1, 4], [1, 2, 3, 4])] });
        return job;
    }

    private static Guid IdIn(OutboundMessage reply) => (reply.Body.HeaderLength is { } length
        ? OipFormat.ReadBinaryResult(reply.Body.Bytes, length).Id
        : OipFormat.ReadResult(reply.Body.Bytes).Id)!.Value;

    private static async Task SendAsync(HeldSender sender, PendingJob first, IEnumerable<PendingJob> others)
    {
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        using var marks = new UndeliverableMarks(store, pipelines);
        var replies = new ReplySender(sender, marks, metrics, TimeProvider.System, NullLogger<ReplySender>.Instance);
        replies.Send(first, null);
        foreach (var job in others)
        {
            replies.Send(job, null);
            await job.Settled().WaitAsync(TimeSpan.FromSeconds(30), Token);
        }
    }

    /// <summary>Confirms at once, but for one message.</summary>
    private sealed class HeldSender(bool keepsBodies, string held) : IMessageSender
    {
        public bool KeepsBodies { get; } = keepsBodies;

        public List<OutboundMessage> Messages { get; } = [];

        public TaskCompletionSource<SendOutcome> Outcome { get; } = new();

        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
        {
            Messages.Add(message);
            return message.CorrelationId == held ? new ValueTask<SendOutcome>(Outcome.Task) : ValueTask.FromResult(SendOutcome.Confirmed);
        }
    }
}
