using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// Says what is wrong with a server's certificate. The driver only says that it is refused, and lets nobody look; so this shakes hands with the
/// server once more, reads the certificate and hangs up. It accepts nothing and sends nothing but the request for TLS.
/// </summary>
internal static class ServerCertificate
{
    private const string HowToTrust =
        "give its CA by Root Certificate=FILE in the connection string, or by SSL_CERT_FILE=FILE in the environment";

    // The length, and the code of SSLRequest (https://www.postgresql.org/docs/current/protocol-message-formats.html).
    private static readonly byte[] s_tlsRequest = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong, in words; null where it cannot be told.</summary>
    public static async Task<string?> FindProblemAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var (host, port) in PostgresConnectionString.Hosts(settings))
        {
            if (await FindProblemAsync(settings, host, port, cancellationToken) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems.Count > 0 ? string.Join("; ", problems) : null;
    }

    private static async Task<string?> FindProblemAsync(NpgsqlConnectionStringBuilder settings, string host, int port, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        string? problem = null;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host.Trim('[', ']'), port, patience.Token);
            await using var plain = client.GetStream();
            if (settings.SslNegotiation != SslNegotiation.Direct)
            {
                await plain.WriteAsync(s_tlsRequest, patience.Token);
                var answer = new byte[1];
                if (await plain.ReadAsync(answer, patience.Token) == 0 || answer[0] != (byte)'S')
                {
                    return null;
                }
            }

            await using var tls = new SslStream(plain);
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ApplicationProtocols = settings.SslNegotiation == SslNegotiation.Direct ? [new SslApplicationProtocol("postgresql")] : null,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        problem = certificate is X509Certificate2 whole ? ProblemOf(settings, host, whole, chain, errors) : "the server shows no certificate";
                        return false;
                    },
                },
                patience.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException)
        {
            // It always ends so: the handshake is refused once the certificate has been read.
            cancellationToken.ThrowIfCancellationRequested();
        }

        return problem;
    }

    private static string? ProblemOf(
        NpgsqlConnectionStringBuilder settings, string host, X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var problems = new List<string>();
        if (settings.SslMode == SslMode.VerifyFull && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            problems.Add($"is for another host than '{host}': it names {NamesIn(certificate)}; connect by one of these names, or have it made for this one");
        }

        var now = TimeProvider.System.GetLocalNow().DateTime;
        if (certificate.NotAfter < now || certificate.NotBefore > now)
        {
            problems.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{(certificate.NotAfter < now ? "has expired" : "is not valid yet")}: it is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}"));
        }

        if (!IsTrusted(settings, certificate, chain, errors))
        {
            problems.Add($"is of a CA that is not trusted ({certificate.Issuer}): {HowToTrust}");
        }

        return problems.Count > 0 ? $"the server's certificate {string.Join(", and ", problems)}" : null;
    }

    private static bool IsTrusted(NpgsqlConnectionStringBuilder settings, X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return true;
        }

        using var own = new X509Chain();
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (RootFile(settings) is { } file)
        {
            try
            {
                own.ChainPolicy.CustomTrustStore.ImportFromPemFile(file);
                own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        // What the server sent beside its certificate.
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        own.Build(certificate);
        return !Array.Exists(
            own.ChainStatus, status => status.Status.HasFlag(X509ChainStatusFlags.UntrustedRoot) || status.Status.HasFlag(X509ChainStatusFlags.PartialChain));
    }

    /// <summary>The file that the driver takes roots from, where it takes them from one.</summary>
    private static string? RootFile(NpgsqlConnectionStringBuilder settings) =>
        settings.RootCertificate ?? (Environment.GetEnvironmentVariable("PGSSLROOTCERT") is { Length: > 0 } file ? file : null);

    private static string NamesIn(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .ToArray();
        return names.Length > 0 ? string.Join(", ", names) : certificate.Subject;
    }
}
