using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using RabbitMQ.Client;

namespace Millrace.Bench.Floor;

/// <summary>Writes one reply after the other into the same memory. All but the id and the numbers is the same for each number of rows.</summary>
internal sealed class ReplyWriter(Model model)
{
    private const int IdLength = 36;
    private const int LongestNumber = 16;

    private readonly byte[] _start = Encoding.UTF8.GetBytes($"{{\"model_name\":\"{model.Name}\",\"id\":\"");
    private readonly Dictionary<int, Form> _binary = [];
    private readonly Dictionary<int, Form> _json = [];
    private byte[] _body = new byte[1024];

    /// <returns>What is good until the next call.</returns>
    public (BasicProperties Properties, ReadOnlyMemory<byte> Body) Write(Job job, ReadOnlySpan<byte> output)
    {
        var forms = job.IsBinary ? _binary : _json;
        if (!forms.TryGetValue(job.Rows, out var form))
        {
            form = job.IsBinary ? BinaryForm(job.Rows, output.Length) : JsonForm(job.Rows);
            forms.Add(job.Rows, form);
        }

        var most = _start.Length + IdLength + form.Rest.Length + (output.Length / sizeof(float) * LongestNumber) + 4;
        if (_body.Length < most)
        {
            _body = new byte[most];
        }

        _start.CopyTo(_body, 0);
        var length = _start.Length;
        job.Id.TryFormat(_body.AsSpan(length), out var written);
        length += written;
        form.Rest.CopyTo(_body, length);
        length += form.Rest.Length;
        length += job.IsBinary ? Copy(output, length) : WriteNumbers(output, length);
        form.Properties.CorrelationId = job.CorrelationId;
        return (form.Properties, _body.AsMemory(0, length));
    }

    private int Copy(ReadOnlySpan<byte> output, int at)
    {
        output.CopyTo(_body.AsSpan(at));
        return output.Length;
    }

    private int WriteNumbers(ReadOnlySpan<byte> output, int start)
    {
        var at = start;
        foreach (var number in MemoryMarshal.Cast<byte, float>(output))
        {
            Utf8Formatter.TryFormat(number, _body.AsSpan(at), out var written);
            at += written;
            _body[at++] = (byte)',';
        }

        "]}]}"u8.CopyTo(_body.AsSpan(at - 1)); // in place of the last comma
        return at + 3 - start;
    }

    private Form BinaryForm(int rows, int bytes)
    {
        var rest = Encoding.UTF8.GetBytes($$$"""{{{Tensor(rows)}}},"parameters":{"binary_data_size":{{{bytes}}}}}]}""");
        var properties = Properties("application/octet-stream");
        properties.Headers!["Inference-Header-Content-Length"] = _start.Length + IdLength + rest.Length;
        return new Form(rest, properties);
    }

    private Form JsonForm(int rows) => new(Encoding.UTF8.GetBytes($"{Tensor(rows)},\"data\":["), Properties("application/json"));

    private string Tensor(int rows) =>
        $$"""
        ","outputs":[{"name":"{{model.OutputName}}","shape":[{{string.Join(',', model.OutputShape(rows))}}],"datatype":"FP32"
        """;

    private static BasicProperties Properties(string contentType) => new()
    {
        ContentType = contentType,
        DeliveryMode = DeliveryModes.Persistent,
        Headers = new Dictionary<string, object?> { ["millrace-status"] = "succeeded"u8.ToArray() },
    };

    private sealed record Form(byte[] Rest, BasicProperties Properties);
}
