using Millrace.Producer.DeadLetters;
using Millrace.TestKit;

namespace Millrace.Producer.Tests.DeadLetters;

public sealed class DeadLetterBoxTests(TestRabbitMq rabbitMq)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_requeue_that_is_given_up_while_it_is_sent_is_finished()
    {
        await using var site = await DeadSite.CreateAsync(rabbitMq, TestContext.Current.CancellationToken);
        await site.SendUnreadableAsync("{");
        var broker = new Uri(site.Broker);
        await using var relay = new TcpRelay(broker.Host, broker.Port);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var box = await DeadLetterBox.OpenAsync(new UriBuilder(broker) { Host = "127.0.0.1", Port = relay.Port }.Uri, null, Token);
        await using (box)
        {
            var letter = await box.ReadAsync(Token).FirstAsync(Token);
            relay.Hold();
            var requeue = box.RequeueAsync(letter, null, impatient.Token);
            // It has arrived, and its confirm has not.
            await site.CountedAsync(DeadSite.Queue, 1);
            await impatient.CancelAsync();
            relay.Release();
            await requeue.WaitAsync(TimeSpan.FromSeconds(30), Token);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => box.RequeueAsync(letter, null, impatient.Token));
        }

        await site.CountedAsync(BrokerNames.DeadLetters, 0);
        await site.CountedAsync(DeadSite.Queue, 1);
    }
}
