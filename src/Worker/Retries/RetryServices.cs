using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Worker.Retries;

/// <summary>Registers what watches the queues of delayed retries.</summary>
internal static class RetryServices
{
    public static IServiceCollection AddRetryWatch(this IServiceCollection services) => services
        .AddHostedService<RetryWatch>();
}
