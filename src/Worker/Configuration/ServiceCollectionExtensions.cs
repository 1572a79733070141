using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Millrace.Worker.Configuration;

/// <summary>How every feature registers its options.</summary>
internal static class ServiceCollectionExtensions
{
    /// <summary>Binds a section, and holds it to its rules at the start; unknown keys are errors, so that a misspelt one is not silently a default.</summary>
    public static IServiceCollection AddValidatedOptions<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new SectionRules<T>(section));
        services.AddOptions<T>()
            .Configure<IConfiguration>((options, configuration) => Bind(configuration.GetSection(section), options))
            .ValidateOnStart();
        return services;
    }

    /// <exception cref="OptionsValidationException">There is a key that is none, or a value of another type. Tells all of them.</exception>
    private static void Bind<T>(IConfigurationSection section, T options)
        where T : class
    {
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException fault)
        {
            var told = SectionFaults.Of(section, typeof(T)).ToList();
            throw new OptionsValidationException(
                Options.DefaultName,
                typeof(T),
                told.Count > 0 ? told : [fault.InnerException is { } inner ? $"{fault.Message} {inner.Message}" : fault.Message]);
        }
    }
}
