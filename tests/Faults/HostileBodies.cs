using System.Text;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Faults;

/// <summary>Messages that no honest client sends. For one thread at a time.</summary>
internal sealed class HostileBodies(Random random)
{
    private const int Kinds = 7;
    private const int MostRandomBytes = 2_000;
    private const int DeepestNesting = 5_000;

    private static readonly string[] s_shapes =
    [
        "[1099511627776,1099511627776]", "[65537,1]", "[9223372036854775807,2]", "[-1,1]", "[0,1]", "[]", "[1]", "[1,1,1,1,1,1,1,1,1,1]", "[1.5,1]",
    ];

    private static readonly string[] s_wrong =
    [
        """{"id":5,"model_name":"echo","inputs":[]}""",
        """{"id":"ID","model_name":7,"inputs":[]}""",
        """{"id":"ID","model_name":"nobody","inputs":[]}""",
        """{"id":"ID","model_name":"echo","inputs":{}}""",
        """{"id":"ID","model_name":"echo","inputs":[1,null,"x"]}""",
        """{"id":"ID","model_name":"echo","inputs":[{"name":"number","shape":"1","datatype":"INT64","data":[1]}]}""",
        """{"id":"ID","model_name":"echo","inputs":[{"name":"number","shape":[1,1],"datatype":"FP32","data":[1]}]}""",
        """{"id":"ID","model_name":"echo","inputs":[{"name":"number","shape":[1,1],"datatype":"INT64","data":{"a":1}}]}""",
        """{"id":"ID","model_name":"echo","inputs":[{"name":"number","shape":[1,1],"datatype":"INT64","data":["1"]}]}""",
        """{"id":"ID","model_name":"echo","parameters":{"deadline":5,"run_row":"x"},"inputs":[]}""",
        """[{"id":"ID"}]""", "null", "\"ID\"", "1e999",
    ];

    /// <summary>The next one.</summary>
    /// <param name="replyTo">Where its answer goes.</param>
    /// <param name="correlationId">What tells it from the others.</param>
    public (BasicProperties Properties, byte[] Body) Next(string replyTo, string correlationId)
    {
        var kind = random.Next(Kinds);
        var body = kind switch
        {
            0 => RandomBytes(),
            1 => Truncated(),
            2 => Flipped(),
            3 => Deep(),
            4 => Encoding.UTF8.GetBytes(Valid(s_shapes[random.Next(s_shapes.Length)])),
            5 => Encoding.UTF8.GetBytes(s_wrong[random.Next(s_wrong.Length)].Replace("ID", NewId(), StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetBytes(Valid("[1,1]")),
        };
        var properties = new BasicProperties
        {
            DeliveryMode = DeliveryModes.Persistent,
            ReplyTo = replyTo,
            CorrelationId = correlationId,
            ContentType = random.Next(4) switch
            {
                0 => OipFormat.BinaryContentType,
                1 => "text/plain",
                2 when kind != 6 => MassTransitEnvelope.ContentType,
                _ => OipFormat.JsonContentType,
            },
        };
        if (random.Next(2) == 0)
        {
            object length = random.Next(3) switch
            {
                0 => random.Next(-1, body.Length + 2),
                1 => "many",
                _ => long.MaxValue,
            };
            properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = length };
        }

        return (properties, body);
    }

    private byte[] RandomBytes()
    {
        var body = new byte[random.Next(MostRandomBytes)];
        random.NextBytes(body);
        return body;
    }

    private byte[] Truncated()
    {
        var body = Encoding.UTF8.GetBytes(Valid("[1,1]"));
        return body[..random.Next(body.Length)];
    }

    private byte[] Flipped()
    {
        var body = Encoding.UTF8.GetBytes(Valid("[1,1]"));
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
        }

        return body;
    }

    private byte[] Deep()
    {
        var depth = random.Next(10, DeepestNesting);
        var open = random.Next(2) == 0 ? "[" : """{"parameters":""";
        return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, depth)));
    }

    private string Valid(string shape) => $$"""
        {"id":"{{NewId()}}","model_name":"{{Site.Model}}","inputs":[
        {"name":"switch","shape":{{shape}},"datatype":"INT64","data":[0]},
        {"name":"number","shape":{{shape}},"datatype":"INT64","data":[{{random.Next()}}]}]}
        """;

    private string NewId()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }
}
