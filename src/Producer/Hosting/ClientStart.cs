using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Millrace.Producer.Hosting;

/// <summary>Lets a client begin to connect with its host, not with its first call. It waits for nothing: the broker may come later.</summary>
internal sealed class ClientStart(IServiceProvider services, string key) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredKeyedService<HostedClient>(key).Connect();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
