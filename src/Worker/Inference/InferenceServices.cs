using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Inference;

/// <summary>Registers the models; they are loaded when the catalog is first asked for.</summary>
internal static class InferenceServices
{
    public static IServiceCollection AddInference(this IServiceCollection services) => services
        .AddValidatedOptions<ModelsOptions>(ModelsOptions.Section)
        .AddSingleton<ModelLoader>()
        .AddSingleton(provider => provider.GetRequiredService<ModelLoader>().Load());
}
