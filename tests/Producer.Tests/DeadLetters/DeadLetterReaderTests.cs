using System.Text;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;
using RabbitMQ.Client;

namespace Millrace.Producer.Tests.DeadLetters;

/// <summary>What the commands make of a dead letter is what a worker made of it.</summary>
public sealed class DeadLetterReaderTests
{
    // What Limits:MaxJsonDepth of a worker may be at most.
    private const int Deepest = 64;

    private static readonly Guid s_id = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");

    // Of the request alone: an envelope is one level more.
    [Theory]
    [InlineData(OipFormat.JsonContentType, WireLimits.DefaultMaxJsonDepth, true)]
    [InlineData(OipFormat.JsonContentType, WireLimits.DefaultMaxJsonDepth + 1, true)]
    [InlineData(OipFormat.JsonContentType, Deepest, true)]
    [InlineData(OipFormat.JsonContentType, Deepest + 1, false)]
    [InlineData(MassTransitEnvelope.ContentType, WireLimits.DefaultMaxJsonDepth, true)]
    [InlineData(MassTransitEnvelope.ContentType, Deepest, true)]
    [InlineData(MassTransitEnvelope.ContentType, Deepest + 1, false)]
    public void A_request_that_some_worker_may_have_read_has_its_own_id_and_gets_a_new_one(string contentType, int depth, bool isReadable)
    {
        var letter = Read(contentType, depth);

        Assert.Equal(isReadable, letter.HasRow);
        Assert.Equal(isReadable, letter.JobId == s_id);
        Assert.Equal(isReadable, NewJob.TryRename(letter.Body, Guid.NewGuid(), out _));
    }

    [Fact]
    public void The_new_job_can_be_read_as_the_old_one_could()
    {
        var id = Guid.NewGuid();
        Assert.True(NewJob.TryRename(Read(MassTransitEnvelope.ContentType, Deepest).Body, id, out var renamed));

        var letter = DeadLetterReader.Read(1, "sum", Properties(MassTransitEnvelope.ContentType), renamed.Bytes);

        Assert.Equal(id, letter.JobId);
        Assert.True(letter.HasRow);
    }

    private static DeadLetter Read(string contentType, int depth)
    {
        // The request is one level, its parameters are another.
        var nested = new string('[', depth - 2) + new string(']', depth - 2);
        var request = $$"""
            {"id":"{{s_id}}","model_name":"sum","parameters":{"deep":{{nested}}},
             "inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}
            """;
        var body = contentType == MassTransitEnvelope.ContentType ? $$"""{"message":{{request}}}""" : request;
        return DeadLetterReader.Read(1, "sum", Properties(contentType), Encoding.UTF8.GetBytes(body));
    }

    private static BasicProperties Properties(string contentType) => new()
    {
        ContentType = contentType,
        Headers = new Dictionary<string, object?>
        {
            [BrokerDeath.Header] = new List<object?>
            {
                new Dictionary<string, object?> { ["reason"] = Encoding.UTF8.GetBytes("delivery_limit"), ["queue"] = Encoding.UTF8.GetBytes("millrace.sum"), ["count"] = 1L },
            },
        },
    };
}
