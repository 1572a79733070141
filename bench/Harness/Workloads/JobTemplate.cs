using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Bench.Load;

/// <summary>A job's body made once; each publish changes only the id in it, so that the load costs the machine as little as can be.</summary>
internal sealed class JobTemplate
{
    private readonly byte[] _body;
    private readonly int _idAt;

    private JobTemplate(WireBody body, Guid id)
    {
        _body = body.Bytes.ToArray();
        _idAt = _body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(id.ToString("D")));
        ContentType = body.ContentType;
        HeaderLength = body.HeaderLength;
    }

    public string ContentType { get; }

    public int? HeaderLength { get; }

    public int Length => _body.Length;

    public static JobTemplate Digits(int rows, bool binary)
    {
        var pixels = new float[rows * 64];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (i * 7) % 17;
        }

        var id = Guid.Parse("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb");
        var job = new PredictionJob { Id = id, ModelName = "digits", Inputs = [Tensor.Create<float>("image", [rows, 64], pixels)] };
        return new JobTemplate(binary ? OipFormat.WriteBinaryJob(job) : OipFormat.WriteJob(job), id);
    }

    public byte[] WithId(Guid id)
    {
        var body = _body.AsSpan().ToArray();
        id.TryFormat(body.AsSpan(_idAt, 36), out _, "D");
        return body;
    }
}
