using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Batching;

/// <summary>Registers the batchers and the loops that empty them.</summary>
internal static class BatchingServices
{
    public static IServiceCollection AddBatching(this IServiceCollection services) => services
        .AddValidatedOptions<StopOptions>(StopOptions.Section)
        .AddSingleton(provider => Batchers.For(provider.GetRequiredService<ModelCatalog>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ModelServing>()
        .AddHostedService(provider => provider.GetRequiredService<ModelServing>());
}
