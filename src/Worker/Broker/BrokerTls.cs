using System.Net.Security;
using System.Security.Authentication;
using MassTransit;
using Millrace.Contracts.Tls;
using RabbitMQ.Client;

namespace Millrace.Worker.Broker;

/// <summary>
/// How each of the worker's connections to the broker checks who answers. The one place that decides it: by themselves RabbitMQ's client
/// accepts any host's certificate for an <c>amqps</c> address, and MassTransit that of any authority.
/// </summary>
internal static class BrokerTls
{
    private const string HowToTrust = "Broker:CertificateAuthority (environment: Broker__CertificateAuthority)";

    /// <summary>The whole of an <c>amqps</c> address's TLS, for RabbitMQ's client.</summary>
    public static SslOption OptionOf(Uri broker, BrokerOptions options) => new()
    {
        Enabled = broker.Scheme == "amqps",
        ServerName = broker.IdnHost,
        // What the system allows; of TLS 1.2 and newer.
        Version = SslProtocols.None,
        AcceptablePolicyErrors = SslPolicyErrors.None,
        CertificateValidationCallback = CheckOf(broker, options).Accept,
    };

    /// <summary>The same for MassTransit's.</summary>
    public static void Secure(IRabbitMqHostConfigurator host, Uri broker, BrokerOptions options)
    {
        if (broker.Scheme != "amqps")
        {
            return;
        }

        host.UseSsl(ssl =>
        {
            ssl.ServerName = broker.IdnHost;
            ssl.Protocol = SslProtocols.None;
            ssl.EnforcePolicyErrors(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable);
            ssl.CertificateValidationCallback = CheckOf(broker, options).Accept;
        });
    }

    private static CertificateCheck CheckOf(Uri broker, BrokerOptions options) => new(broker.IdnHost, options.CertificateAuthority, HowToTrust);
}
