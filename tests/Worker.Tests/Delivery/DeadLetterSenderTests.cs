using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Delivery;
using Millrace.Worker.Observability;
using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Delivery;

public sealed class DeadLetterSenderTests
{
    private readonly List<OutboundMessage> _messages = [];
    private readonly Queue<SendOutcome> _outcomes = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_goes_as_it_came_where_that_can_be_written()
    {
        await SendAsync("text/plain", "c", SendOutcome.Confirmed);
        var message = Assert.Single(_messages);
        Assert.Equal(("text/plain", "c", "replies"), (message.Body.ContentType, message.CorrelationId, message.ReplyTo));
        Assert.Equal("br", message.Body.ContentEncoding);
        Assert.False(message.Headers!.ContainsKey(BrokerNames.LeftOutHeader));
    }

    [Fact]
    public async Task What_cannot_be_written_is_left_out_and_a_header_says_what()
    {
        await SendAsync(new string('\uFFFD', 100), new string('\uFFFD', 100), SendOutcome.Confirmed);
        var message = Assert.Single(_messages);
        Assert.Null(AmqpShortText.FirstUnwritable(message));
        Assert.Equal([1, 2, 3], message.Body.Bytes.ToArray());
        Assert.Equal("replies", message.ReplyTo);
        Assert.Equal("content_type, correlation_id", message.Headers![BrokerNames.LeftOutHeader]);
    }

    [Fact]
    public async Task A_body_that_costs_the_channel_is_sent_without_what_its_sender_wrote_beside_it()
    {
        await SendAsync("text/plain", "c", SendOutcome.CostsChannel, SendOutcome.Confirmed);
        Assert.Equal(("", null, null), (_messages[1].Body.ContentType, _messages[1].CorrelationId, _messages[1].ReplyTo));
        Assert.Null(_messages[1].Body.ContentEncoding);
        Assert.Equal("content_type, content_encoding, correlation_id, message_id, reply_to", _messages[1].Headers![BrokerNames.LeftOutHeader]);
    }

    [Theory]
    [InlineData(nameof(SendOutcome.Unroutable), 3)]
    [InlineData(nameof(SendOutcome.Refused), 3)]
    [InlineData(nameof(SendOutcome.CostsChannel), 2)]
    [InlineData(nameof(SendOutcome.TooLarge), 1)]
    public async Task A_body_that_does_not_get_there_is_told_to_who_would_ack_it(string outcome, int times)
    {
        var each = Enumerable.Repeat(Enum.Parse<SendOutcome>(outcome), times).ToArray();
        var fault = await Assert.ThrowsAsync<DeadLetterException>(() => SendAsync("text/plain", "c", each));
        Assert.Contains(outcome, fault.Message, StringComparison.Ordinal);
        Assert.Equal(times, _messages.Count);
    }

    [Fact]
    public async Task A_body_that_is_refused_is_sent_again_after_growing_waits()
    {
        using var time = new ManualTime();
        var sending = SendAsync(time, "text/plain", "c", SendOutcome.Refused, SendOutcome.Refused, SendOutcome.Confirmed);
        Assert.Equal(TimeSpan.FromMilliseconds(200), time.WaitUntilArmed());
        Assert.Single(_messages);

        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(TimeSpan.FromSeconds(1), time.WaitUntilArmed());
        Assert.Equal(2, _messages.Count);

        time.Advance(TimeSpan.FromSeconds(1));
        await sending.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(3, _messages.Count);
    }

    private Task SendAsync(string contentType, string correlationId, params SendOutcome[] outcomes) =>
        SendAsync(TimeProvider.System, contentType, correlationId, outcomes);

    private async Task SendAsync(TimeProvider time, string contentType, string correlationId, params SendOutcome[] outcomes)
    {
        Array.ForEach(outcomes, _outcomes.Enqueue);
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var sender = new DeadLetterSender(new ScriptedSender(this), metrics, time, NullLogger<DeadLetterSender>.Instance);
        var delivery = PendingJobs.Delivery() with { Body = new byte[] { 1, 2, 3 }, ContentType = contentType, ContentEncoding = "br", CorrelationId = correlationId, ReplyTo = "replies" };
        await sender.SendAsync(delivery, new WireError(ErrorCode.UnreadableBody, "no"), Token);
    }

    private sealed class ScriptedSender(DeadLetterSenderTests test) : IMessageSender
    {
        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
        {
            test._messages.Add(message);
            return ValueTask.FromResult(test._outcomes.Dequeue());
        }
    }
}
