using Millrace.Contracts.Tls;

namespace Millrace.Producer;

/// <summary>What is wrong with a client's options, the broker's address aside.</summary>
internal static class ClientOptionsCheck
{
    // What a timer takes: 2^32 - 2 ms.
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>One sentence for each option that holds no value for it.</summary>
    public static IEnumerable<string> Problems(MillraceClientOptions options)
    {
        if (options.CertificateAuthority is { } authority && !CertificateAuthorities.TryRead(authority, out _, out var problem))
        {
            yield return $"CertificateAuthority: {problem}.";
        }

        if (options.MaxInFlight < 1)
        {
            yield return $"MaxInFlight is {options.MaxInFlight}, expected 1 or more.";
        }

        if (!IsTime(options.Timeout) && options.Timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            yield return $"Timeout is {options.Timeout}, expected a time above zero and of 49 days at most, or Timeout.InfiniteTimeSpan.";
        }

        if (!IsTime(options.ConnectTimeout))
        {
            yield return $"ConnectTimeout is {options.ConnectTimeout}, expected a time above zero and of 49 days at most.";
        }
    }

    private static bool IsTime(TimeSpan time) => time > TimeSpan.Zero && time <= s_longest;
}
