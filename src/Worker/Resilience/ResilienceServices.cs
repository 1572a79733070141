using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Worker.Resilience;

/// <summary>Registers what keeps calls to the store, the broker and the devices going.</summary>
internal static class ResilienceServices
{
    public static IServiceCollection AddResilience(this IServiceCollection services) => services
        .AddSingleton<RetryPipelines>()
        .AddSingleton<Suspects>();
}
