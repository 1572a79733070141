using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.TestKit;

/// <summary>A CA of the test's own, and the certificates that it signs for servers.</summary>
public sealed class PostgresCertificates : IDisposable
{
    private readonly X509Certificate2 _ca;

    /// <summary>Makes the CA.</summary>
    public PostgresCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Millrace tests {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _ca = request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
        File = Path.Combine(Path.GetTempPath(), $"millrace-ca-{Guid.NewGuid():N}.pem");
        System.IO.File.WriteAllText(File, _ca.ExportCertificatePem());
    }

    /// <summary>The CA's certificate, as PEM.</summary>
    public string File { get; }

    /// <summary>A certificate that is valid now.</summary>
    /// <param name="names">The hosts' names and addresses.</param>
    public (string Certificate, string Key) For(params string[] names) => Make(names, TimeProvider.System.GetUtcNow().AddDays(1));

    /// <summary>One that was valid until yesterday.</summary>
    public (string Certificate, string Key) ExpiredFor(params string[] names) => Make(names, TimeProvider.System.GetUtcNow().AddDays(-1));

    /// <summary>Deletes the file.</summary>
    public void Dispose()
    {
        System.IO.File.Delete(File);
        _ca.Dispose();
    }

    private (string Certificate, string Key) Make(string[] names, DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=postgres", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using var certificate = request.Create(_ca, notAfter.AddDays(-10), notAfter, Guid.NewGuid().ToByteArray());
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
