using System.Net.Security;
using System.Security.Authentication;
using Millrace.Contracts.Tls;
using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>
/// How each of the worker's connections to the broker checks who answers. The one place that decides it: by itself RabbitMQ's client accepts any
/// host's certificate for an <c>amqps</c> address.
/// </summary>
internal static class BrokerTls
{
    private const string HowToTrust = "Broker:CertificateAuthority (environment: Broker__CertificateAuthority)";

    /// <summary>The whole of an <c>amqps</c> address's TLS.</summary>
    public static SslOption OptionOf(Uri broker, BrokerOptions options) => new()
    {
        Enabled = broker.Scheme == "amqps",
        ServerName = broker.IdnHost,
        // What the system allows; of TLS 1.2 and newer.
        Version = SslProtocols.None,
        AcceptablePolicyErrors = SslPolicyErrors.None,
        CertificateValidationCallback = CheckOf(broker, options).Accept,
    };

    private static CertificateCheck CheckOf(Uri broker, BrokerOptions options) => new(broker.IdnHost, options.CertificateAuthority, HowToTrust);
}
