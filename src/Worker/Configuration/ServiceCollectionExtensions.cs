using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Millrace.Worker.Configuration;

/// <summary>How every feature registers its options.</summary>
internal static class ServiceCollectionExtensions
{
    /// <summary>Binds a section; unknown keys are errors, so that a misspelt one is not silently a default.</summary>
    public static IServiceCollection AddValidatedOptions<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new SectionRules<T>(section));
        services.AddOptions<T>().BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true);
        return services;
    }
}
