using System.Buffers.Binary;

namespace Millrace.Contracts;

/// <summary>Steps through the elements of a BYTES tensor: a 4-byte little-endian length, then that many bytes.</summary>
public static class BytesElement
{
    /// <summary>Takes the next element off <paramref name="rest"/>.</summary>
    /// <returns>False where nothing is left, or what is left is no whole element (<paramref name="rest"/> is then not empty).</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        if (rest.Length >= sizeof(uint))
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length <= (uint)(rest.Length - sizeof(uint)))
            {
                element = rest.Slice(sizeof(uint), (int)length);
                rest = rest[(sizeof(uint) + (int)length)..];
                return true;
            }
        }

        element = default;
        return false;
    }
}
