using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Batching;

/// <summary>Registers the batch loops.</summary>
internal static class BatchingServices
{
    public static IServiceCollection AddBatching(this IServiceCollection services) => services
        .AddValidatedOptions<StopOptions>(StopOptions.Section)
        .AddSingleton<ModelServing>()
        .AddHostedService(provider => provider.GetRequiredService<ModelServing>());
}
