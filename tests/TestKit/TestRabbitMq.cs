namespace Millrace.TestKit;

/// <summary>
/// One RabbitMQ for all tests of an assembly (an assembly fixture), found or started when the first of them asks. Every test makes a
/// virtual host of its own, so tests run side by side with the same names of exchanges and queues.
/// </summary>
public sealed class TestRabbitMq : IAsyncDisposable
{
    private readonly Lazy<Task<RabbitMqAddress>> _address = new(() => RabbitMqAddress.FindAsync(CancellationToken.None));

    /// <summary>Makes an empty virtual host, which ends with what is returned.</summary>
    /// <exception cref="TestServerException">There is no broker.</exception>
    public async Task<TestVirtualHost> CreateVirtualHostAsync(CancellationToken cancellationToken)
    {
        var address = await _address.Value.WaitAsync(cancellationToken);
        var host = new TestVirtualHost(address, $"test-{Guid.NewGuid():N}");
        await host.CreateAsync(cancellationToken);
        return host;
    }

    /// <summary>Ends the broker, where it was started here.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_address.IsValueCreated && _address.Value.IsCompletedSuccessfully && (await _address.Value).Server is { } server)
        {
            await server.DisposeAsync();
        }
    }
}
