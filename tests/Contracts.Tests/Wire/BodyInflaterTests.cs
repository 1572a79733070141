using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts.Wire;
using Xunit;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Millrace.Contracts.Tests.Wire;

public sealed class BodyInflaterTests
{
    private const int Limit = 100_000;
    private const string Id = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab";

    public static TheoryData<string> Forms => ["gzip", "zlib", "deflate", "zstd"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_body_is_what_was_compressed(string form)
    {
        foreach (var length in new[] { 1, 2, 4095, 4096, 4097, 65_536, Limit - 1, Limit })
        {
            var plain = Mixed(length);

            Assert.Equal(plain, Inflate(Compressed.Of(form, plain), form));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_body_that_inflates_to_more_than_the_limit_is_too_large_and_keeps_its_id(string form)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","inputs":[]}""");

        foreach (var length in new[] { Limit + 1, 50_000_000 })
        {
            var bomb = Compressed.Of(form, [.. json, .. new byte[length - json.Length]]);
            var error = Refuse(bomb, form);

            Assert.Equal(ErrorCode.PayloadTooLarge, error.Code);
            Assert.Equal(new Guid(Id), error.Id);
            Assert.Equal(
                $"body: {bomb.Length} bytes of {BodyEncodings.Name(EncodingOf(form))} that inflate to more than 100000 (Limits:MaxPayloadBytes); send fewer rows a job",
                error.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_bomb_takes_no_more_memory_than_the_limit(string form)
    {
        var pool = new CountingPool();
        var bomb = Compressed.Of(form, new byte[50_000_000]);

        Assert.NotNull(BodyInflater.Inflate(bomb, EncodingOf(form), Limit, pool, out _));

        // The last array and the one before, which it was copied from.
        Assert.InRange(pool.Peak, 1, 2 * 131_072 + 65_536);
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void A_body_that_goes_on_without_end_and_inflates_to_little_is_not_read_to_its_end()
    {
        // Blocks of nothing (RFC 1951, 3.2.4).
        var endless = Enumerable.Repeat(new byte[] { 0, 0, 0, 0xFF, 0xFF }, 100_000).SelectMany(block => block).ToArray();

        var error = Refuse(endless, "deflate");

        Assert.Equal(ErrorCode.PayloadTooLarge, error.Code);
        Assert.Equal("body: 500000 bytes of deflate that inflate to more than 100000 (Limits:MaxPayloadBytes); send fewer rows a job", error.Message);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_cannot_be_compressed_is_taken_up_to_the_limit_all_the_same(string form)
    {
        var plain = new byte[Limit];
        new Random(1).NextBytes(plain);

        Assert.Equal(plain, Inflate(Compressed.Of(form, plain), form));
    }

    [Fact]
    public void A_window_as_large_as_a_whole_disk_is_refused_before_it_is_taken()
    {
        using var compressed = new MemoryStream();
        using (var stream = new CompressionStream(compressed, leaveOpen: true))
        {
            stream.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, 27);
            stream.Write(new byte[1000]);
        }

        var error = Refuse(compressed.ToArray(), "zstd");

        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        Assert.Contains("Frame requires too much memory for decoding", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_cut_off_is_unreadable_at_every_length(string form)
    {
        var whole = Compressed.Of(form, Mixed(3000));

        for (var length = 0; length < whole.Length; length++)
        {
            var error = Refuse(whole[..length], form);
            Assert.Equal(ErrorCode.UnreadableBody, error.Code);
            Assert.StartsWith($"body: not readable as {BodyEncodings.Name(EncodingOf(form))}, which content_encoding says it is: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_stands_behind_the_end_is_not_passed_over(string form) =>
        Assert.Equal(ErrorCode.UnreadableBody, Refuse([.. Compressed.Of(form, Mixed(3000)), 1, 2, 3], form).Code);

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_not_compressed_at_all_is_unreadable(string form) =>
        Assert.Equal(ErrorCode.UnreadableBody, Refuse("""{"inputs":[]}"""u8.ToArray(), form).Code);

    [Fact]
    public void Any_bytes_at_all_are_inflated_or_refused_and_never_throw() => Prop.ForAll(Bodies.ToArbitrary(), body =>
    {
        var pool = new CountingPool();
        if (BodyInflater.Inflate(body.Bytes, EncodingOf(body.Form), Limit, pool, out var inflated) is { } error)
        {
            Assert.True(error.Code is ErrorCode.UnreadableBody or ErrorCode.PayloadTooLarge);
            Assert.Equal(0, pool.Rented);
        }
        else
        {
            Assert.InRange(inflated.Count, 1, Limit);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000).WithQuietOnSuccess(true));

    private static Gen<(string Form, byte[] Bytes)> Bodies =>
        from form in Gen.Elements("gzip", "zlib", "deflate", "zstd")
        from length in Gen.Choose(1, 5_000)
        from at in Gen.Choose(0, 100)
        from value in Gen.Choose(0, 255)
        from isNoise in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from noise in Gen.Choose(0, 255).Select(number => (byte)number).ArrayOf()
        select (form, isNoise ? noise : Damage(Compressed.Of(form, Mixed(length)), at, (byte)value));

    private static byte[] Damage(byte[] bytes, int percent, byte value)
    {
        bytes[(bytes.Length - 1) * percent / 100] = value;
        return bytes;
    }

    private static byte[] Mixed(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes.AsSpan(0, length / 2));
        return bytes;
    }

    private static BodyEncoding EncodingOf(string form) => form switch
    {
        "gzip" => BodyEncoding.Gzip,
        "zstd" => BodyEncoding.Zstd,
        _ => BodyEncoding.Deflate,
    };

    private static byte[] Inflate(byte[] body, string form)
    {
        Assert.Null(BodyInflater.Inflate(body, EncodingOf(form), Limit, ArrayPool<byte>.Shared, out var inflated));
        var bytes = inflated.ToArray();
        ArrayPool<byte>.Shared.Return(inflated.Array!);
        return bytes;
    }

    private static WireError Refuse(byte[] body, string form) =>
        BodyInflater.Inflate(body, EncodingOf(form), Limit, ArrayPool<byte>.Shared, out _) ?? throw new Xunit.Sdk.XunitException("It was inflated.");

    /// <summary>Counts what it lends.</summary>
    private sealed class CountingPool : ArrayPool<byte>
    {
        public int Rented { get; private set; }

        public int Peak { get; private set; }

        public override byte[] Rent(int minimumLength)
        {
            var array = new byte[minimumLength];
            Rented += array.Length;
            Peak = Math.Max(Peak, Rented);
            return array;
        }

        public override void Return(byte[] array, bool clearArray = false) => Rented -= array.Length;
    }
}
