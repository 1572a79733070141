using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Resilience;

/// <summary>Registers the retries.</summary>
internal static class ResilienceServices
{
    public static IServiceCollection AddResilience(this IServiceCollection services) => services
        .AddValidatedOptions<RetryOptions>(RetryOptions.Section)
        .AddSingleton<RetryPipelines>()
        .AddSingleton<JobRetries>()
        .AddSingleton<Suspects>();
}
