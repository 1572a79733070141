using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Tests;

/// <summary>Writers on a store of the test's own.</summary>
internal static class ResultWriters
{
    /// <summary>A writer that is not started. Without a sender its jobs may want no reply.</summary>
    public static ResultWriter Create(
        IResultStore store,
        RetryPipelines pipelines,
        WorkerMetrics metrics,
        IMessageSender? sender = null,
        DeliveryOptions? options = null,
        TimeProvider? time = null)
    {
        var replies = new ReplySender(
            sender ?? new NoSender(), new UndeliverableMarks(store, pipelines), metrics, TimeProvider.System, NullLogger<ReplySender>.Instance);
        var delivery = Options.Create(options ?? new DeliveryOptions());
        time ??= TimeProvider.System;
        var commits = new RowCommits(store, replies, pipelines, delivery, metrics, time, NullLogger<RowCommits>.Instance);
        return new ResultWriter(commits, new Suspects(store, pipelines), delivery, time, NullLogger<ResultWriter>.Instance);
    }

    private sealed class NoSender : IMessageSender
    {
        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("These jobs want no reply.");
    }
}
