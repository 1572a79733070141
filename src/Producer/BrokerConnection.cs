using System.Net.Security;
using System.Security.Authentication;
using Millrace.Contracts.Tls;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer;

/// <summary>Connects to the broker: the one place that does, and that decides how the broker's certificate is checked.</summary>
internal static class BrokerConnection
{
    private const string HowToTrust = "MillraceClientOptions.CertificateAuthority (millrace: --broker-ca or Broker__CertificateAuthority)";

    /// <summary>Connects once; a lost connection stays lost.</summary>
    /// <param name="address">The broker.</param>
    /// <param name="certificateAuthority">A PEM file whose authorities are trusted in place of the system's; null for the system's.</param>
    /// <param name="name">What the broker shows to its administrators.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BrokerConnectionException">The address's scheme is not the port's.</exception>
    public static async Task<IConnection> OpenAsync(
        BrokerAddress address, string? certificateAuthority, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = address.Uri,
            // Behind the address: by itself the library accepts any host's certificate for amqps.
            Ssl = new SslOption
            {
                Enabled = address.Uri.Scheme == "amqps",
                ServerName = address.Uri.IdnHost,
                Version = SslProtocols.None,
                AcceptablePolicyErrors = SslPolicyErrors.None,
                CertificateValidationCallback = new CertificateCheck(address.Uri.IdnHost, certificateAuthority, HowToTrust).Accept,
            },
            ClientProvidedName = name,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = timeout,
            // A peer that vanished without a word is noticed after two of these.
            RequestedHeartbeat = TimeSpan.FromSeconds(15),
        };
        try
        {
            return await factory.CreateConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (BrokerUnreachableException failure) when (PortProbe.IsWorthwhile(failure))
        {
            throw await PortProbe.FindWrongSchemeAsync(address.Uri, address.Port, cancellationToken).ConfigureAwait(false) is { } problem
                ? new BrokerConnectionException(address, $"{problem}.", isTransient: false, failure)
                : BrokerFailure.Explain(address, failure);
        }
    }
}
