using System.Text;
using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.LocalServices.Tests;

public sealed class LocalRabbitMqTests
{
    private const string Queue = "jobs";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_confirmed_message_survives_a_stop_and_a_kill_on_the_same_port()
    {
        await using var broker = await Here.RabbitMqAsync(new LocalRabbitMqOptions());
        await PublishAsync(broker.Uri);

        // In this order: a kill so soon after the queue was declared would lose it (RabbitMqStops.KillAsync).
        await broker.StopAsync();
        await broker.StartAgainAsync(Token);
        await broker.KillAsync();
        Assert.True(broker.Exited.IsCompleted);
        await broker.StartAgainAsync(Token);

        Assert.Equal("hello", await TakeAsync(broker.Uri));
        Assert.Null(broker.ManagementUri);
    }

    [Fact]
    public async Task Each_test_has_a_virtual_host_of_its_own()
    {
        await using var rabbitMq = new TestRabbitMq();
        await using var first = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var second = await rabbitMq.CreateVirtualHostAsync(Token);

        await PublishAsync(first.Uri);

        Assert.Equal(1u, await first.CountMessagesAsync(Queue, Token));
        Assert.Null(await second.CountMessagesAsync(Queue, Token));
    }

    [Fact]
    public async Task A_quorum_queue_takes_256_commands_of_a_channel_at_a_time()
    {
        await using var broker = await Here.RabbitMqAsync(new LocalRabbitMqOptions());

        // Erlang's match: rabbitmqctl fails where it is another.
        await broker.ControlAsync(["eval", "{ok, 256} = application:get_env(rabbit, quorum_commands_soft_limit)."], Token);
    }

    private static async Task PublishAsync(Uri uri)
    {
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Token);
        var confirms = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        await using var channel = await connection.CreateChannelAsync(confirms, Token);
        var quorum = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" };
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: Token);
        await channel.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { Persistent = true }, Encoding.UTF8.GetBytes("hello"), Token);
    }

    private static async Task<string?> TakeAsync(Uri uri)
    {
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        var message = await channel.BasicGetAsync(Queue, autoAck: true, Token);
        return message is null ? null : Encoding.UTF8.GetString(message.Body.Span);
    }
}
