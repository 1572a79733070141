using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Worker.Batching;

/// <summary>Registers the batch loops.</summary>
internal static class BatchingServices
{
    public static IServiceCollection AddBatching(this IServiceCollection services) => services.AddHostedService<ModelServing>();
}
