using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts.Wire;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>Arbitrary jobs and results of every datatype, with the values at the edges more often than chance would have them.</summary>
internal static class WireGen
{
    private static readonly string[] s_texts =
    [
        "", " ", "a", "input_0", "\"", "\\", "\\u0041", "\n\r\t", "\0", "\u0001", "\u007f", "é", "ß", "日本語", "😀", "👩‍👩‍👧", "a\u0301", "\u200f",
        "\uffff", "\ufffd", "<script>&'", "NaN", "Infinity", "null", "0", new string('x', 300),
    ];

    private static readonly byte[] s_edges = [0x00, 0x01, 0x7F, 0x80, 0xFF, 0x7C, 0xFC, 0x3F, 0xF0, 0x7E];

    /// <summary>Any text that UTF-8 and JSON can spell.</summary>
    public static Gen<string> Text { get; } =
        from parts in Gen.Elements(s_texts).ListOf(2)
        select string.Concat(parts);

    public static Gen<PredictionJob> Job() =>
        from id in Gen.OneOf(Gen.Constant<Guid?>(null), AnyGuid.Select(value => (Guid?)value))
        from name in MaybeName
        from version in MaybeName
        from parameters in Parameters
        from inputs in Tensors
        from outputs in Text.ListOf().Resize(3)
        select new PredictionJob
        {
            Id = id,
            ModelName = name,
            ModelVersion = version,
            Parameters = parameters,
            Inputs = inputs,
            Outputs = [.. outputs.Select(output => new RequestedOutput { Name = output })],
        };

    public static Gen<PredictionResult> Result() => Gen.OneOf(Success, Failure);

    /// <summary>A tensor of any datatype and up to four dimensions, some of them 0, whose elements are any bits at all.</summary>
    public static Gen<Tensor> AnyTensor() =>
        from name in Text
        from datatype in Gen.Elements(Enum.GetValues<TensorDatatype>())
        from rank in Gen.Choose(0, 4)
        from shape in Gen.Frequency((1, Gen.Constant(0)), (9, Gen.Choose(1, 3))).ListOf(rank)
        let count = shape.Aggregate(1, (product, dimension) => product * dimension)
        from data in datatype == TensorDatatype.Bytes ? Texts(count) : Numbers(datatype, count)
        select new Tensor { Name = name, Datatype = datatype, Shape = [.. shape.Select(dimension => (long)dimension)], Data = data };

    private static Gen<string?> MaybeText => Gen.OneOf(Gen.Constant<string?>(null), Text.Select(text => (string?)text));

    /// <summary>A model's name or version: a longer one is refused.</summary>
    private static Gen<string?> MaybeName => MaybeText.Where(text => text is null || text.Length <= CallerText.MaxNameLength);

    private static Gen<Guid> AnyGuid => AnyByte.ArrayOf(16).Select(bytes => new Guid(bytes));

    private static Gen<byte> AnyByte => Gen.OneOf(Gen.Choose(0, 255).Select(number => (byte)number), Gen.Elements(s_edges));

    private static Gen<IReadOnlyDictionary<string, JsonElement>> Parameters =>
        from names in Text.ListOf().Resize(3)
        from values in Gen.Elements("null", "true", "-1", "1e300", "\"é\\n\"", "[1,[2,{}]]", "{\"a\":{\"b\":[]}}").ListOf(names.Count)
        select (IReadOnlyDictionary<string, JsonElement>)names.Zip(values)
            .DistinctBy(pair => pair.First)
            .ToDictionary(pair => pair.First, pair => JsonElement.Parse(pair.Second), StringComparer.Ordinal);

    private static Gen<IReadOnlyList<Tensor>> Tensors =>
        from tensors in AnyTensor().ListOf().Resize(4)
        select (IReadOnlyList<Tensor>)[.. tensors];

    private static Gen<PredictionResult> Success =>
        from id in AnyGuid
        from name in Text
        from version in Text
        from outputs in Tensors
        from rowErrors in RowErrors
        select new PredictionResult
        {
            Id = id,
            ModelName = name,
            ModelVersion = version,
            Status = JobStatus.Succeeded,
            Outputs = outputs,
            RowErrors = rowErrors,
        };

    private static Gen<PredictionResult> Failure =>
        from id in AnyGuid
        from name in MaybeText
        from status in Gen.Elements(JobStatus.Rejected, JobStatus.Failed, JobStatus.Expired, JobStatus.Cancelled)
        from error in Text
        from rowErrors in RowErrors
        select new PredictionResult { Id = id, ModelName = name, Status = status, Code = ErrorCode.InvalidValue, Error = error, RowErrors = rowErrors };

    private static Gen<IReadOnlyList<RowError>> RowErrors =>
        from rows in Gen.Choose(0, int.MaxValue).ListOf().Resize(3)
        from error in Text
        select (IReadOnlyList<RowError>)[.. rows.Select(row => new RowError(row, ErrorCode.InvalidValue, error))];

    private static Gen<byte[]> Numbers(TensorDatatype datatype, int count) => datatype == TensorDatatype.Bool
        ? Gen.Choose(0, 1).Select(number => (byte)number).ArrayOf(count)
        : AnyByte.ArrayOf(count * datatype.ElementSizeBytes());

    private static Gen<byte[]> Texts(int count) =>
        Text.Select(Encoding.UTF8.GetBytes).ListOf(count).Select(elements => elements.SelectMany(WithLength).ToArray());

    private static byte[] WithLength(byte[] element)
    {
        var bytes = new byte[sizeof(int) + element.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, element.Length);
        element.CopyTo(bytes, sizeof(int));
        return bytes;
    }
}
