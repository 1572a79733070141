using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Broker;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Retries;

/// <summary>Registers the further attempts at jobs.</summary>
internal static class RetryServices
{
    public static IServiceCollection AddRetries(this IServiceCollection services) => services
        .AddValidatedOptions<RetryOptions>(RetryOptions.Section)
        .AddSingleton<WorkerLogins>()
        .AddSingleton<RetryClaims>()
        .AddSingleton<VersionWaits>()
        .AddSingleton<JobRetries>();

    /// <summary>Lets jobs wait for their next attempt at the broker.</summary>
    public static IServiceCollection AddRabbitMqRetries(this IServiceCollection services) => services
        .AddSingleton<IRetryRoute, RetrySender>();

    /// <summary>Watches the queues that they wait in.</summary>
    public static IServiceCollection AddRetryWatch(this IServiceCollection services) => services
        .AddHostedService<RetryWatch>();
}
