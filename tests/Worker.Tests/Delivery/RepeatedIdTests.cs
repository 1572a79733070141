using System.Collections.Concurrent;
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

/// <summary>A job whose id has a row already is answered from that, unless it is another job.</summary>
public sealed class RepeatedIdTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, JobStatus.Succeeded, null)]
    [InlineData(false, JobStatus.Rejected, ErrorCode.IdConflict)]
    public async Task The_same_id_is_answered_from_the_row_only_where_its_content_is_the_same(bool isSame, JobStatus status, string? code)
    {
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var sender = new KeepingSender();
        using var writer = ResultWriters.Create(store, new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance), metrics, sender);
        await writer.StartAsync(Token);
        var first = Job(Guid.NewGuid());
        await WriteAsync(writer, first);
        if (!isSame)
        {
            var other = first.PayloadHash.ToArray();
            other[^1] ^= 1;
            store.Rows[first.JobId] = store.Rows[first.JobId] with { PayloadHash = other };
        }

        await WriteAsync(writer, Job(first.JobId));

        await writer.StopAsync(Token);
        var replies = sender.Messages.Select(message => OipFormat.ReadResult(message.Body.Bytes)).ToArray();
        Assert.Equal([JobStatus.Succeeded, status], replies.Select(reply => reply.Status));
        Assert.Equal(code, replies[1].Code);
        Assert.Equal(isSame, replies[1].Outputs.Count == 1);
    }

    private static RunnableJob Job(Guid id)
    {
        var job = PendingJobs.ToBatch(TimeProvider.System, id: id, reply: new ReplyRoute("replies", null, WireFormat.Json));
        job.TryDecide(new JobOutcome { Status = JobStatus.Succeeded, Outputs = [Tensor.Create<float>("y", [1, 1], [1])] });
        return job;
    }

    private static Task WriteAsync(ResultWriter writer, PendingJob job)
    {
        writer.Enqueue(job);
        return job.Settled().WaitAsync(s_patience, Token);
    }

    private sealed class KeepingSender : IMessageSender
    {
        public bool KeepsBodies => true;

        public ConcurrentQueue<OutboundMessage> Messages { get; } = new();

        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
        {
            Messages.Enqueue(message);
            return ValueTask.FromResult(SendOutcome.Confirmed);
        }
    }
}
