using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Millrace.Producer.Hosting;

/// <summary>A host's client, which connects in the background and stays connected.</summary>
internal sealed class HostedClient : IAsyncDisposable
{
    private readonly BrokerTransport _transport;

    /// <summary>Begins to connect.</summary>
    public HostedClient(string connectionName, MillraceClientSettings settings, TimeProvider time, ILogger<MillraceClient> logger)
    {
        // Validated by who hands the settings out.
        var address = BrokerAddress.TryParse(settings.ConnectionString, out var broker)
            ? broker
            : throw new OptionsValidationException(connectionName, typeof(MillraceClientSettings), [$"ConnectionStrings:{connectionName} is no amqp:// or amqps:// URI."]);
        var log = new ConnectionLog(logger, connectionName, address.ToString());
        var options = settings.ToOptions(address.Uri, time, log.Changed);
        _transport = BrokerTransport.Start(address, options);
        Client = new MillraceClient(_transport, options);
    }

    /// <summary>The client.</summary>
    public MillraceClient Client { get; }

    /// <summary>Whether it is connected.</summary>
    public ConnectionState State => _transport.State;

    /// <summary>Begins to connect where it is not, and returns at once.</summary>
    public void Connect() => _transport.Connect();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Client.DisposeAsync();
}
