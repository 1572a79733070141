using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Broker;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Retries;

public sealed class RetrySenderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly JobRetry s_retry = new(2, TimeSpan.FromSeconds(10), ErrorCode.InferenceFailed, "attempt 1: no");

    private static readonly JobRetry s_wait = new(1, TimeSpan.FromSeconds(1), ErrorCode.ModelVersionNotFound, "")
    {
        Wait = new VersionWait(TimeSpan.FromSeconds(3), "not here"),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_job_goes_to_the_delays_exchange_as_it_came_and_its_delivery_is_acked_once_the_broker_has_it()
    {
        var job = PendingJobs.ToBatch(TimeProvider.System, delivery: new InboundDelivery
        {
            Body = new byte[] { 1, 2, 3 },
            ContentType = OipFormat.BinaryContentType,
            ContentEncoding = "gzip",
            HeaderLength = 2,
            ReplyTo = "replies",
            CorrelationId = "c",
            MessageId = "m-1",
            Priority = 7,
            Redelivered = false,
            Settlement = new AwaitedSettlement(),
            QueueModel = "digits",
            Lane = Lane.Bulk,
        });
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        await SendAsync(job, sender, async _ =>
        {
            Assert.False(job.Settled().IsCompleted);
            sender.Outcome.SetResult(SendOutcome.Confirmed);
            await job.Settled().WaitAsync(s_patience, Token);
        });

        var message = sender.Message!;
        Assert.Equal(("millrace.retry.after.10s", "digits.bulk"), (message.Exchange, message.RoutingKey));
        Assert.Equal([1, 2, 3], message.Body.Bytes.ToArray());
        Assert.Equal((OipFormat.BinaryContentType, "gzip", 2), (message.Body.ContentType, message.Body.ContentEncoding, message.Body.HeaderLength));
        Assert.Equal(("replies", "c", "m-1", (byte)7), (message.ReplyTo, message.CorrelationId, message.MessageId, message.Priority));
        Assert.Equal("2", message.Headers![BrokerNames.AttemptHeader]);
        Assert.Equal("attempt 1: no", message.Headers[BrokerNames.ErrorsHeader]);
        Assert.Equal("work@er", message.UserId);
    }

    [Theory]
    [InlineData(nameof(SendOutcome.Unroutable), "'millrace.retry.after.10s' is gone")]
    [InlineData(nameof(SendOutcome.Refused), "'millrace.retry.after.10s' refuses it")]
    [InlineData(nameof(SendOutcome.TooLarge), "with the errors so far it is larger than the broker takes (max_message_size)")]
    [InlineData(nameof(SendOutcome.CannotBeWritten), "content_type, content_encoding, correlation_id, message_id or reply_to is longer than AMQP's 255 bytes")]
    [InlineData(nameof(SendOutcome.CostsChannel), "the broker closed the channel over it each time")]
    public async Task A_job_that_no_retry_queue_takes_fails_at_once_and_is_not_lost(string outcome, string why)
    {
        var job = PendingJobs.ToBatch(TimeProvider.System);
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        await SendAsync(job, sender, async store =>
        {
            sender.Outcome.SetResult(Enum.Parse<SendOutcome>(outcome));
            await job.Settled().WaitAsync(s_patience, Token);
            Assert.Equal(JobStatus.Failed, store.Rows[job.JobId].Status);
            Assert.Equal(ErrorCode.InferenceFailed, store.Rows[job.JobId].Code);
            Assert.Equal($"attempt 1: no; not tried again: {why}", store.Rows[job.JobId].Error);
        });
    }

    [Fact]
    public async Task A_job_that_waits_for_a_version_uses_up_no_attempt_and_says_how_long_it_has_waited()
    {
        var job = PendingJobs.ToBatch(TimeProvider.System);
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        sender.Outcome.SetResult(SendOutcome.Confirmed);
        await SendAsync(job, sender, _ => job.Settled().WaitAsync(s_patience, Token), s_wait);

        Assert.Equal("millrace.retry.after.1s", sender.Message!.Exchange);
        Assert.Equal(new Dictionary<string, string>(StringComparer.Ordinal) { [BrokerNames.WaitedHeader] = "3000" }, sender.Message.Headers);
    }

    [Fact]
    public async Task A_job_that_waits_for_a_version_stays_one_that_was_redelivered()
    {
        var job = PendingJobs.ToBatch(TimeProvider.System, delivery: PendingJobs.Delivery() with { Redelivered = true });
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        sender.Outcome.SetResult(SendOutcome.Confirmed);
        await SendAsync(job, sender, _ => job.Settled().WaitAsync(s_patience, Token), s_wait);

        Assert.Equal("1", sender.Message!.Headers![BrokerNames.RedeliveredHeader]);
    }

    [Fact]
    public async Task A_job_that_cannot_wait_for_a_version_is_rejected_and_says_why()
    {
        var job = PendingJobs.ToBatch(TimeProvider.System);
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        sender.Outcome.SetResult(SendOutcome.Unroutable);
        await SendAsync(
            job,
            sender,
            async store =>
            {
                await job.Settled().WaitAsync(s_patience, Token);
                var row = store.Rows[job.JobId];
                Assert.Equal((JobStatus.Rejected, ErrorCode.ModelVersionNotFound), (row.Status, row.Code));
                Assert.Equal("not here; not waited for: 'millrace.retry.after.1s' is gone", row.Error);
            },
            s_wait);
    }

    [Fact]
    public async Task A_job_that_cannot_be_sent_before_the_worker_ends_goes_back_to_the_broker()
    {
        var job = PendingJobs.ToBatch(TimeProvider.System);
        var sender = new HeldSender();
        Assert.True(job.TryPostpone());
        await SendAsync(job, sender, async store =>
        {
            sender.Outcome.SetCanceled(Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.Settled().WaitAsync(s_patience, Token));
            Assert.Empty(store.Rows);
        });
    }

    private static async Task SendAsync(PendingJob job, HeldSender sender, Func<MemoryStore, Task> thenAsync, JobRetry? retry = null)
    {
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        using var writer = ResultWriters.Create(store, pipelines, metrics, sender);
        await writer.StartAsync(Token);
        new RetrySender(sender, writer, new WorkerLogins(Options.Create(new BrokerOptions { Uri = "amqp://work%40er:secret@host" })), NullLogger<RetrySender>.Instance).Send(job, retry ?? s_retry);
        await thenAsync(store);
        await writer.StopAsync(Token);
    }

    /// <summary>A broker that says nothing until the test lets it.</summary>
    private sealed class HeldSender : IMessageSender
    {
        public OutboundMessage? Message { get; private set; }

        public TaskCompletionSource<SendOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
        {
            Message = message;
            return await Outcome.Task.WaitAsync(cancellationToken);
        }
    }
}
