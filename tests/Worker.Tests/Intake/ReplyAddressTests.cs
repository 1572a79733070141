using System.Text;
using Millrace.Worker.Intake;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class ReplyAddressTests
{
    // As RabbitMQ 3.10 wrote it.
    private const string Direct = "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxNDczNzAxMgAAAqoAAAAAawj2lg==.0Re7mnjqrgV+CcxMvoOb1w==";

    [Theory]
    [InlineData("replies")]
    [InlineData("amq.gen-JzTY20BRgKO-HjmUJj0wLg")]
    [InlineData("millraces")]
    [InlineData("my.millrace.dead")]
    [InlineData("Millrace.dead")]
    [InlineData("queue with spaces and ümlauts")]
    [InlineData(Direct)]
    public void A_queue_of_the_caller_s_is_taken(string queue) => Assert.Null(ReplyAddress.Refusal(queue, "reply_to"));

    [Theory]
    [InlineData("millrace")]
    [InlineData("millrace.")]
    [InlineData("millrace.dead")]
    [InlineData("millrace.dead.rows")]
    [InlineData("millrace.retry.1s")]
    [InlineData("millrace.retry.after.1s")]
    [InlineData("millrace.digits")]
    [InlineData("a\uFFFDb")]
    [InlineData("a\0b")]
    [InlineData("amq.rabbitmq.reply-to")]
    [InlineData("amq.rabbitmq.reply-to.")]
    [InlineData("amq.rabbitmq.reply-to.AAAA")]
    [InlineData("amq.rabbitmq.reply-to.AAAA.x")]
    [InlineData("amq.rabbitmq.reply-to..x")]
    [InlineData("amq.rabbitmq.reply-to.AA AA.x")]
    [InlineData("amq.rabbitmq.reply-to.not/base64!.x")]
    [InlineData("amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxNDczNzAxMgAAAqoAAAAAawj2lg.x")]
    [InlineData("amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxNDczNzAxMgAAAqoAAAAAawj2lg==")]
    public void Any_other_is_refused_and_says_what_to_do(string queue)
    {
        var refusal = ReplyAddress.Refusal(queue, "reply_to");

        Assert.StartsWith("reply_to: '", refusal, StringComparison.Ordinal);
        Assert.EndsWith("publish the job under a new id with a queue of your own, or amq.rabbitmq.reply-to", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_AMQP_does_not_carry_is_refused_and_not_repeated_whole()
    {
        var refusal = ReplyAddress.Refusal(new string('é', 128), "responseAddress")!;

        Assert.Contains("longer than the 255 bytes", refusal, StringComparison.Ordinal);
        Assert.True(refusal.Length < 300);
        Assert.Null(ReplyAddress.Refusal(new string('é', 127), "responseAddress"));
    }

    [Theory]
    [InlineData("835877 0c 7265706c794031323334353637 000003010000000001020304", true)]
    [InlineData("835864 000d 7265706c794031323334353637 000003010000000001020304", true)]
    [InlineData("836764 000d 7265706c794031323334353637 000003010000000001", true)]
    [InlineData("835876 000d 7265706c794031323334353637 0000030100000000010203", false)]
    [InlineData("835876 000d 7265706c794031323334353637 00000301000000000102030405", false)]
    [InlineData("835876 ffff 7265706c794031323334353637 000003010000000001020304", false)]
    [InlineData("835876 0008 7261626269744078 000003010000000001020304", false)]
    [InlineData("836105", false)]
    [InlineData("83587600", false)]
    [InlineData("835877", false)]
    [InlineData("83", false)]
    public void Direct_reply_to_holds_a_process_id_of_the_kind_that_the_broker_writes(string hex, bool isTaken)
    {
        var term = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        if (isTaken && term[2] == 119)
        {
            term[3] = (byte)"reply@1234567".Length;
        }

        Assert.Equal(isTaken, ReplyAddress.Refusal($"amq.rabbitmq.reply-to.{Convert.ToBase64String(term)}.key", "reply_to") is null);
    }

    [Fact]
    public void No_bytes_at_all_throw()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(0, 60)];
            random.NextBytes(bytes);
            var text = i % 2 == 0 ? Convert.ToBase64String(bytes) : Encoding.Latin1.GetString(bytes);
            _ = ReplyAddress.Refusal($"amq.rabbitmq.reply-to.{text}", "reply_to");
        }
    }
}
