using System.Runtime.InteropServices;
using System.Text.Json;
using RabbitMQ.Client;

namespace Millrace.Bench.Floor;

/// <summary>Reads the id and the tensor of a body, in either form of the protocol. The rest is taken to be as it should be.</summary>
internal sealed class JobReader(Model model)
{
    private float[] _numbers = new float[64];

    /// <param name="properties">The delivery's.</param>
    /// <param name="body">The delivery's.</param>
    /// <param name="tensor">Lies in the body, or in memory that the next call uses again.</param>
    public Job Read(IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body, out ReadOnlySpan<byte> tensor)
    {
        var isBinary = properties.Headers is { } headers && headers.TryGetValue("Inference-Header-Content-Length", out var length);
        var header = isBinary ? Convert.ToInt32(properties.Headers!["Inference-Header-Content-Length"]) : body.Length;
        var id = ReadJson(body[..header], out var numbers);
        tensor = isBinary ? body[header..] : MemoryMarshal.AsBytes(_numbers.AsSpan(0, numbers));
        return new Job(id, tensor.Length / model.InputRowBytes, isBinary, properties.ReplyTo!, properties.CorrelationId);
    }

    private Guid ReadJson(ReadOnlySpan<byte> json, out int numbers)
    {
        var id = Guid.Empty;
        numbers = 0;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth == 1 && reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.GetGuid();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                numbers = ReadNumbers(ref reader);
            }
        }

        return id;
    }

    private int ReadNumbers(ref Utf8JsonReader reader)
    {
        var count = 0;
        var depth = reader.CurrentDepth;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                if (count == _numbers.Length)
                {
                    Array.Resize(ref _numbers, 2 * count);
                }

                _numbers[count++] = reader.GetSingle();
            }
        }

        return count;
    }
}
