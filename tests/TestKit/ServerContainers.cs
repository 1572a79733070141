using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace Millrace.TestKit;

/// <summary>Servers in containers, for a machine that has a container engine and not the servers' programs.</summary>
internal static class ServerContainers
{
    /// <summary>Starts one and waits until it takes connections. It ends with what is returned, or with this process.</summary>
    /// <param name="build">Makes it.</param>
    /// <param name="missing">Why it is to be a container.</param>
    /// <param name="otherwise">What else a person can do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TestServerException">There is no container engine, or the container does not start.</exception>
    public static async Task<T> StartAsync<T>(Func<T> build, string missing, string otherwise, CancellationToken cancellationToken)
        where T : IContainer
    {
        try
        {
            var container = build();
            await container.StartAsync(cancellationToken);
            return container;
        }
        catch (DockerUnavailableException e)
        {
            throw new TestServerException($"{missing} Or start a container engine: none answers here. {otherwise}", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new TestServerException($"{missing} A container engine is here, but gives no server: {e.Message} {otherwise}", e);
        }
    }
}
