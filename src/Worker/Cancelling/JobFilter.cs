using System.Runtime.InteropServices;

namespace Millrace.Worker.Cancelling;

/// <summary>
/// A Bloom filter of jobs' ids, in 1 MiB whatever is added: says no for certain, or perhaps. Of a million ids in it one in fifty others is a
/// perhaps; past some ten million nearly all are.
/// </summary>
internal sealed class JobFilter
{
    private const int Bits = 1 << 23;
    private const int Probes = 4;

    private readonly ulong[] _bits = new ulong[Bits / 64];

    /// <summary>Adds an id. One thread at a time; others may ask meanwhile.</summary>
    public void Add(Guid id)
    {
        var (hash, step) = Hash(id);
        for (var i = 0; i < Probes; i++, hash += step)
        {
            var bit = hash % Bits;
            Volatile.Write(ref _bits[bit / 64], _bits[bit / 64] | (1UL << (int)(bit % 64)));
        }
    }

    /// <summary>Whether the id may have been added.</summary>
    public bool MayContain(Guid id)
    {
        var (hash, step) = Hash(id);
        for (var i = 0; i < Probes; i++, hash += step)
        {
            var bit = hash % Bits;
            if ((Volatile.Read(ref _bits[bit / 64]) & (1UL << (int)(bit % 64))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Two numbers of an id, of which clients may make parts as they like: half of it alone is often a time.</summary>
    private static (ulong Hash, ulong Step) Hash(Guid id)
    {
        var halves = MemoryMarshal.Cast<Guid, ulong>(MemoryMarshal.CreateReadOnlySpan(ref id, 1));
        var hash = Mix(halves[0] ^ Mix(halves[1]));
        return (hash, Mix(hash ^ halves[1]) | 1);
    }

    // The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
