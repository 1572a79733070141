using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Worker.Resilience;

/// <summary>Registers the retries.</summary>
internal static class ResilienceServices
{
    public static IServiceCollection AddResilience(this IServiceCollection services) => services
        .AddSingleton<RetryPipelines>()
        .AddSingleton<Suspects>();
}
