using RabbitMQ.Client;

namespace Millrace.Producer.Client;

/// <summary>Connects to the broker.</summary>
internal static class BrokerConnection
{
    /// <summary>Connects once; a lost connection stays lost.</summary>
    /// <param name="address">The broker.</param>
    /// <param name="name">What the broker shows to its administrators.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<IConnection> OpenAsync(BrokerAddress address, string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = address.Uri,
            ClientProvidedName = name,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = timeout,
            // A peer that vanished without a word is noticed after two of these.
            RequestedHeartbeat = TimeSpan.FromSeconds(15),
        };
        return factory.CreateConnectionAsync(cancellationToken);
    }
}
