using System.Text;

namespace Millrace.Bench.Workloads;

/// <summary>A job's body made once; each publish changes only the id in it, so that the load costs the machine as little as can be.</summary>
internal sealed class JobTemplate
{
    private readonly byte[] _body;
    private readonly int _idAt;

    /// <param name="body">The body, with <see cref="PlaceholderId"/> once in it.</param>
    /// <param name="contentType">Its AMQP content type.</param>
    /// <param name="headerLength">Bytes of the JSON header in front of the tensors; null where there is none.</param>
    public JobTemplate(ReadOnlyMemory<byte> body, string contentType, int? headerLength = null)
    {
        _body = body.ToArray();
        _idAt = _body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(PlaceholderId.ToString("D")));
        ContentType = contentType;
        HeaderLength = headerLength;
    }

    /// <summary>The id that a template is made with.</summary>
    public static Guid PlaceholderId { get; } = Guid.Parse("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb");

    public string ContentType { get; }

    public int? HeaderLength { get; }

    public byte[] WithId(Guid id)
    {
        var body = _body.AsSpan().ToArray();
        id.TryFormat(body.AsSpan(_idAt, 36), out _, "D");
        return body;
    }
}
