using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.Contracts.Tls;

/// <summary>
/// Checks a server's certificate in full: its authority, its dates, and that it is the asked host's. A refusal is an exception, since
/// .NET tells a callback's "no" with one sentence for all three.
/// </summary>
/// <param name="host">The host that was asked for, without brackets.</param>
/// <param name="authority">A PEM file whose authorities are trusted in place of the system's; null for the system's.</param>
/// <param name="howToTrust">Where a person names that file.</param>
internal sealed class CertificateCheck(string host, string? authority, string howToTrust)
{
    // The chain ends with nobody who is trusted; the last one is somebody who only has an authority's name.
    private static readonly X509ChainStatusFlags[] s_untrusted =
        [X509ChainStatusFlags.UntrustedRoot, X509ChainStatusFlags.PartialChain, X509ChainStatusFlags.NotSignatureValid];

    private static readonly Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>For <see cref="SslStream"/>: a <see cref="RemoteCertificateValidationCallback"/>.</summary>
    /// <exception cref="BrokerCertificateException">The certificate is refused.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            throw new BrokerCertificateException($"{host} has shown no certificate");
        }

        using var leaf = new X509Certificate2(certificate);
        var faults = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            faults.Add($"wrong host: it is asked for as '{host}', and its certificate is for {Names(leaf)}. Address it by one of these names, "
                + "or give it a certificate with this one");
        }

        if (authority is not null)
        {
            using var own = BuildOwn(leaf, chain);
            AddChainFaults(own, leaf, faults);
        }
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            AddChainFaults(chain, leaf, faults);
        }

        return faults.Count == 0
            ? true
            : throw new BrokerCertificateException(
                $"the certificate of {host} is not accepted: {string.Join(". Also ", faults)}. Neither user nor password was sent");
    }

    /// <summary>The chain to the authorities of the file, which is read each time: one that is exchanged counts from the next connection on.</summary>
    private X509Chain BuildOwn(X509Certificate2 leaf, X509Chain shown)
    {
        if (!CertificateAuthorities.TryRead(authority!, out var authorities, out var problem))
        {
            throw new BrokerCertificateException($"the certificate of {host} cannot be checked: {problem} ({howToTrust})");
        }

        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(s_serverAuthentication);
        // Intermediate certificates that the server has sent; they are no roots.
        chain.ChainPolicy.ExtraStore.AddRange(shown.ChainPolicy.ExtraStore);
        chain.Build(leaf);
        return chain;
    }

    private void AddChainFaults(X509Chain chain, X509Certificate2 leaf, List<string> faults)
    {
        var statuses = chain.ChainStatus;
        if (statuses.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid))
        {
            faults.Add(Dates(chain, leaf));
        }

        if (statuses.Any(status => s_untrusted.Contains(status.Status)))
        {
            faults.Add($"untrusted: it was issued by '{leaf.Issuer}', which is no authority that is trusted here{(authority is null ? "" : $" ('{authority}')")}. "
                + $"If it is yours, {howToTrust}, or SSL_CERT_FILE of the environment, names its certificate as a PEM file");
        }

        var others = statuses.Where(status => status.Status != X509ChainStatusFlags.NotTimeValid && !s_untrusted.Contains(status.Status)).ToArray();
        if (others.Length > 0)
        {
            faults.Add(string.Join(", ", others.Select(status => $"{status.Status} ({status.StatusInformation.Trim()})")));
        }
    }

    private static string Dates(X509Chain chain, X509Certificate2 leaf)
    {
        var late = chain.ChainElements
            .FirstOrDefault(element => element.ChainElementStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)))?.Certificate ?? leaf;
        var whose = late.Thumbprint == leaf.Thumbprint ? "it" : $"its authority's certificate '{late.Subject}'";
        var isEarly = TimeProvider.System.GetUtcNow().UtcDateTime < late.NotBefore.ToUniversalTime();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(isEarly ? "not valid yet" : "expired")}: {whose} is valid from {late.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss} to {late.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss} (UTC). {(isEarly ? "Look at the clocks" : "Renew it")}");
    }

    private static string Names(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToArray() is { Length: > 0 } alternatives
            ? alternatives.SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())))
            : [leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: false)];
        // The server's own words, and as many as it likes.
        return string.Join(", ", names.Take(10).Select(name => $"'{(name.Length > 100 ? name[..100] : name)}'"));
    }
}
