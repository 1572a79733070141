using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>
/// Whatever bytes arrive, a reader says yes with a job that is whole, or no with a code: it never throws. The seed is fixed, so that a
/// failure is the same the next time.
/// </summary>
public sealed class HostileBodyTests
{
    private const int RandomBodies = 4_000;
    private const int MutatedBodies = 16_000;
    private const int Seed = 20260131;

    private static readonly WireLimits s_limits = new();

    private static readonly string[] s_codes =
        [.. typeof(ErrorCode).GetFields().Select(field => (string)field.GetValue(null)!)];

    private static readonly byte[][] s_fragments =
    [
        .. new[]
        {
            "\"\\ud800\"", "\"\\udc00\\ud800\":1,", "\\u0000", "1e400", "-0", "-1", "9223372036854775807", "9223372036854775808", "0.5", "null",
            "true", "\"NaN\"", "[", "]", "{", "}", ",", ":", "[[[[", "\"data\":[1],", "\"shape\":[2],", "\"shape\":[4294967296,4294967296],",
            "\"datatype\":\"BYTES\",", "\"datatype\":\"BOOL\",", "\"parameters\":{\"binary_data_size\":4},", "\"name\":\"\",", "\"id\":\"x\",",
            "\"inputs\":[],", "\"message\":{}", "//", "\uFEFF",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3, 0x28], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF],
    ];

    [Fact]
    public void Random_bytes_are_refused_and_never_throw()
    {
        var random = new Random(Seed);
        for (var i = 0; i < RandomBodies; i++)
        {
            var body = new byte[random.Next(200)];
            random.NextBytes(body);
            Read(body, random.Next(-1, body.Length + 2));
        }
    }

    [Fact]
    public void Mutated_bodies_are_read_whole_or_refused_and_never_throw()
    {
        var random = new Random(Seed);
        var originals = Originals();
        int accepted = 0, refused = 0;
        for (var i = 0; i < MutatedBodies; i++)
        {
            var (bytes, headerLength) = originals[i % originals.Length];
            var body = bytes;
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                body = Mutate(body, random);
            }

            if (Read(body, random.Next(10) == 0 ? random.Next(body.Length + 1) : headerLength))
            {
                accepted++;
            }
            else
            {
                refused++;
            }
        }

        // Both answers must occur, or the bodies are not near the edge that this looks for.
        Assert.InRange(accepted, MutatedBodies / 50, MutatedBodies);
        Assert.InRange(refused, MutatedBodies / 50, MutatedBodies);
    }

    [Fact]
    public void Every_truncation_of_a_body_is_refused()
    {
        foreach (var (bytes, _) in Originals().Where(original => original.HeaderLength == 0))
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.False(OipFormat.TryReadJob(bytes.AsMemory(0, length), s_limits, out _, out var error));
                Assert.Equal(ErrorCode.UnreadableBody, error.Code);
            }
        }
    }

    /// <returns>Whether the body is a job in one of the forms.</returns>
    private static bool Read(byte[] body, int headerLength)
    {
        var isJson = OipFormat.TryReadJob(body, s_limits, out var job, out var error);
        Check(isJson, job, error);
        var isBinary = OipFormat.TryReadBinaryJob(body, headerLength, s_limits, out job, out error);
        Check(isBinary, job, error);
        var isEnvelope = MassTransitEnvelope.TryRead(body, s_limits, out var envelope, out error);
        OipFormat.FindId(body);
        if (isEnvelope)
        {
            _ = envelope.ResponseQueue;
            Check(OipFormat.TryReadJob(envelope.Message, s_limits, out job, out error), job, error);
        }
        else
        {
            Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        }

        try
        {
            OipFormat.ReadResult(body);
            OipFormat.ReadBinaryResult(body, headerLength);
        }
        catch (FormatException)
        {
            // The one exception that they promise.
        }

        return isJson || isBinary || isEnvelope;
    }

    private static void Check(bool isRead, PredictionJob job, WireError error)
    {
        if (!isRead)
        {
            Assert.Null(job);
            Assert.Contains(error.Code, s_codes);
            Assert.NotEmpty(error.Message);
            Assert.True(IsWellFormed(error.Message), error.Message);
            return;
        }

        foreach (var tensor in job.Inputs)
        {
            var count = tensor.ElementCount;
            if (tensor.Datatype == TensorDatatype.Bytes)
            {
                Assert.Equal(count, tensor.ToStrings().Count);
            }
            else
            {
                Assert.Equal(count * tensor.Datatype.ElementSizeBytes(), tensor.Data.Length);
            }
        }

        var again = OipFormat.WriteBinaryJob(job);
        Assert.True(OipFormat.TryReadBinaryJob(again.Bytes, again.HeaderLength!.Value, s_limits, out var reread, out var fault), fault?.Message);
        Same.Jobs(job, reread);
    }

    /// <summary>Half a surrogate pair in a message could be neither stored nor sent.</summary>
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i += Rune.GetRuneAt(text, i).Utf16SequenceLength)
        {
            if (!Rune.TryGetRuneAt(text, i, out _))
            {
                return false;
            }
        }

        return true;
    }

    private static (byte[] Bytes, int HeaderLength)[] Originals()
    {
        var originals = new List<(byte[], int)>();
        foreach (var job in Sample(WireGen.Job()))
        {
            var json = OipFormat.WriteJob(job).Bytes.ToArray();
            originals.Add((json, 0));
            originals.Add(([.. "{\"messageId\":\"5e000000-2e0d-7c1e-31c6-08de60a1d6a1\",\"responseAddress\":\"queue:a\",\"message\":"u8, .. json, (byte)'}'], 0));
        }

        foreach (var job in Sample(WireGen.Job()))
        {
            var binary = OipFormat.WriteBinaryJob(job);
            originals.Add((binary.Bytes.ToArray(), binary.HeaderLength!.Value));
        }

        foreach (var result in Sample(WireGen.Result()))
        {
            var binary = OipFormat.WriteBinaryResult(result);
            originals.Add((binary.Bytes.ToArray(), binary.HeaderLength!.Value));
        }

        return [.. originals.Where(original => original.Item1.Length < 4096)];
    }

    private static T[] Sample<T>(Gen<T> values) => values.Sample(5, new Rnd(Seed, 1), 100);

    private static byte[] Mutate(byte[] body, Random random)
    {
        if (body.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        var at = random.Next(body.Length);
        switch (random.Next(5))
        {
            case 0:
                var flipped = (byte[])body.Clone();
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return body[..at];
            case 2:
                return [.. body[..at], .. body[Math.Min(body.Length, at + random.Next(1, 8))..]];
            case 3:
                return [.. body[..at], .. body[random.Next(at + 1)..at], .. body[at..]];
            default:
                // Where a value or a field stands, fragments do more than at any byte.
                var comma = Array.FindIndex(body, at, b => b is (byte)',' or (byte)'[' or (byte)'{');
                var insert = comma < 0 ? at : comma + 1;
                return [.. body[..insert], .. s_fragments[random.Next(s_fragments.Length)], .. body[insert..]];
        }
    }
}
