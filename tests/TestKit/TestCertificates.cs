using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.TestKit;

/// <summary>A certificate authority of a test's own, whose certificate lies in a PEM file.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-certificates-").FullName;

    /// <summary>Makes the authority.</summary>
    /// <param name="name">Its name.</param>
    public TestCertificates(string name = "Test CA")
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddYears(-2), now.AddYears(2));
        AuthorityFile = Write("ca.pem", _authority.ExportCertificatePem());
    }

    /// <summary>The PEM file with the authority's certificate.</summary>
    public string AuthorityFile { get; }

    /// <summary>Issues a server's certificate, valid from days before today to days after it.</summary>
    /// <param name="host">The DNS name, or the IP address, that it is for.</param>
    /// <param name="from">When it becomes valid, in days from now.</param>
    /// <param name="to">When it ceases to be, in days from now.</param>
    public X509Certificate2 Issue(string host, double from = -1, double to = 1)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.Create(_authority, now.AddDays(from), now.AddDays(to), RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Writes a certificate and its key as PEM files.</summary>
    public (string Certificate, string Key) Save(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var key = certificate.GetRSAPrivateKey()!;
        return (Write("server.pem", certificate.ExportCertificatePem()), Write("server.key", key.ExportPkcs8PrivateKeyPem()));
    }

    /// <summary>Writes a file that ends with this.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Deletes the files.</summary>
    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
