using System.Text;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;
using RabbitMQ.Client;

namespace Millrace.Producer.Tests.DeadLetters;

/// <summary>What the commands make of a dead letter is what a worker made of it.</summary>
public sealed class DeadLetterReaderTests
{
    [Theory]
    [InlineData(WireLimits.DefaultMaxJsonDepth, true)]
    [InlineData(WireLimits.DefaultMaxJsonDepth + 1, false)]
    public void What_is_nested_too_deep_for_a_worker_has_no_row_and_gets_no_new_id(int depth, bool isReadable)
    {
        // The request is one level, its parameters are another.
        var nested = new string('[', depth - 2) + new string(']', depth - 2);
        var body = Encoding.UTF8.GetBytes($$"""
            {"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab","model_name":"sum","parameters":{"deep":{{nested}}},
             "inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}
            """);
        var properties = new BasicProperties
        {
            ContentType = OipFormat.JsonContentType,
            Headers = new Dictionary<string, object?>
            {
                [BrokerDeath.Header] = new List<object?>
                {
                    new Dictionary<string, object?> { ["reason"] = Encoding.UTF8.GetBytes("delivery_limit"), ["queue"] = Encoding.UTF8.GetBytes("millrace.sum"), ["count"] = 1L },
                },
            },
        };

        var letter = DeadLetterReader.Read(1, "sum", properties, body);

        Assert.Equal(isReadable, letter.HasRow);
        Assert.Equal(isReadable, NewJob.TryRename(letter.Body, Guid.NewGuid(), out _));
    }
}
