using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.Contracts.Tls;

/// <summary>The certificate authorities of a PEM file.</summary>
internal static class CertificateAuthorities
{
    // A system's whole list of authorities has a quarter of it.
    private const long LargestFileBytes = 1 << 20;

    /// <summary>Reads them.</summary>
    /// <param name="path">The file: one certificate or several, one behind the other.</param>
    /// <param name="authorities">They.</param>
    /// <param name="problem">Why there are none, where there are none.</param>
    public static bool TryRead(
        string path, [NotNullWhen(true)] out X509Certificate2Collection? authorities, [NotNullWhen(false)] out string? problem)
    {
        authorities = null;
        problem = null;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                problem = $"there is no file '{path}'";
                return false;
            }

            if (file.Length > LargestFileBytes)
            {
                problem = $"'{path}' has {file.Length} bytes, which is no list of certificate authorities; expected at most {LargestFileBytes}";
                return false;
            }

            var found = new X509Certificate2Collection();
            found.ImportFromPem(File.ReadAllText(path));
            if (found.Count > 0)
            {
                authorities = found;
                return true;
            }

            problem = $"'{path}' has no certificate in it, expected PEM (-----BEGIN CERTIFICATE-----)";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            problem = $"'{path}' cannot be read: {fault.Message}";
        }

        return false;
    }
}
