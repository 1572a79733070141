using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

/// <summary>When a row says that its caller was not answered, and why.</summary>
public sealed class UndeliverableReplyTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly MemoryStore _store = new();
    private readonly WorkerMetrics _metrics = new(TimeProvider.System);
    private readonly ScriptedSender _sender = new();
    private readonly UndeliverableMarks _marks;
    private readonly ReplySender _replies;

    public UndeliverableReplyTests()
    {
        _marks = new UndeliverableMarks(_store, new RetryPipelines(_store, TimeProvider.System, NullLogger<RetryPipelines>.Instance));
        _replies = new ReplySender(_sender, _marks, _metrics, TimeProvider.System, NullLogger<ReplySender>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _marks.Dispose();
        _metrics.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(nameof(SendOutcome.Unroutable), "no_queue")]
    [InlineData(nameof(SendOutcome.Refused), "refused")]
    [InlineData(nameof(SendOutcome.CannotBeWritten), "not_writable")]
    [InlineData(nameof(SendOutcome.CostsChannel), "closes_channel")]
    public async Task The_row_of_a_job_whose_reply_cannot_be_delivered_is_marked_with_the_reason_before_the_delivery_ends(string outcome, string reason)
    {
        _sender.Outcomes.Enqueue(Enum.Parse<SendOutcome>(outcome));
        var job = Job();
        _replies.Send(job, null);
        Assert.False(job.Settled().IsCompleted);
        await _marks.StartAsync(Token);
        await job.Settled().WaitAsync(s_patience, Token);

        Assert.Equal([new UndeliverableReply(job.JobId, reason)], Assert.Single(_store.Marks));
    }

    [Fact]
    public async Task A_confirmed_reply_marks_nothing()
    {
        await SendAsync(Job(), null, SendOutcome.Confirmed);
        Assert.Empty(_store.Marks);
    }

    [Fact]
    public async Task A_job_sent_again_after_its_caller_left_is_not_marked()
    {
        var job = Job();
        await SendAsync(job, RowOf(job), SendOutcome.Unroutable);
        Assert.Empty(_store.Marks);
    }

    [Fact]
    public async Task A_redelivered_job_that_has_its_row_is_marked_as_one_that_may_have_been_answered()
    {
        var job = Job(redelivered: true);
        await SendAsync(job, RowOf(job), SendOutcome.Unroutable);
        Assert.Equal([new UndeliverableReply(job.JobId, "no_queue (redelivered)")], Assert.Single(_store.Marks));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_job_under_the_same_id_does_not_mark_the_first_one_s_row(bool redelivered)
    {
        var job = Job(redelivered);
        await SendAsync(job, RowOf(job) with { PayloadHash = new byte[] { 9 } }, SendOutcome.Unroutable);
        Assert.Empty(_store.Marks);
    }

    [Fact]
    public async Task A_reply_over_the_broker_s_size_is_answered_with_a_short_error_and_its_row_says_why()
    {
        var job = Job();
        await SendAsync(job, null, SendOutcome.TooLarge, SendOutcome.Confirmed);

        Assert.Equal([new UndeliverableReply(job.JobId, "too_large")], Assert.Single(_store.Marks));
        var (long_, short_) = (_sender.Messages.First(), _sender.Messages.Last());
        Assert.Equal((long_.RoutingKey, long_.CorrelationId), (short_.RoutingKey, short_.CorrelationId));
        var told = OipFormat.ReadResult(short_.Body.Bytes);
        Assert.Equal((job.JobId, JobStatus.Failed, "reply_too_large"), (told.Id, told.Status, told.Code));
        Assert.StartsWith($"reply: {long_.Body.Bytes.Length} bytes are more than the broker takes (max_message_size)", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_error_that_no_queue_takes_either_says_that()
    {
        var job = Job();
        await SendAsync(job, null, SendOutcome.TooLarge, SendOutcome.Unroutable);
        Assert.Equal([new UndeliverableReply(job.JobId, "no_queue")], Assert.Single(_store.Marks));
    }

    [Fact]
    public async Task An_error_reply_to_no_job_that_cannot_be_delivered_is_no_fault()
    {
        _sender.Outcomes.Enqueue(SendOutcome.Unroutable);
        await _replies.SendErrorAsync(new ReplyRoute("gone", null, WireFormat.Json), new WireError(ErrorCode.UnreadableBody, "no"), Token);
        Assert.Single(_sender.Messages);
    }

    private static RunnableJob Job(bool redelivered = false)
    {
        var job = PendingJobs.ToBatch(
            TimeProvider.System, reply: new ReplyRoute("replies", "c", WireFormat.Json), delivery: PendingJobs.Delivery() with { Redelivered = redelivered });
        job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded, Outputs = [Tensor.Create<float>("y", [1, 4], [1, 2, 3, 4])] });
        return job;
    }

    private static ResultRow RowOf(PendingJob job) => new()
    {
        JobId = job.JobId,
        ModelName = job.ModelName,
        Status = JobStatus.Succeeded,
        Lane = job.Lane,
        RowCount = 1,
        PayloadHash = job.PayloadHash,
        Worker = "w",
        ReceivedAt = job.ReceivedAt,
    };

    private async Task SendAsync(PendingJob job, ResultRow? first, params SendOutcome[] outcomes)
    {
        Array.ForEach(outcomes, _sender.Outcomes.Enqueue);
        await _marks.StartAsync(Token);
        _replies.Send(job, first);
        await job.Settled().WaitAsync(s_patience, Token);
    }

    private sealed class ScriptedSender : IMessageSender
    {
        public ConcurrentQueue<SendOutcome> Outcomes { get; } = new();

        public ConcurrentQueue<OutboundMessage> Messages { get; } = new();

        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
        {
            Messages.Enqueue(message);
            return ValueTask.FromResult(Outcomes.TryDequeue(out var outcome) ? outcome : throw new InvalidOperationException("Nothing more was to be sent."));
        }
    }
}
