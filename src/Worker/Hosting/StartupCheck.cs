using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Hosting;

/// <summary>Checks all configuration before anything starts, and tells all errors at once: the sections, then what they lead to.</summary>
internal static class StartupCheck
{
    public static IReadOnlyList<string> Run(IServiceProvider services)
    {
        var errors = new List<string>();
        CheckSections(services, errors);
        CheckStore(services, errors);
        CheckModels(services, errors);
        return errors;
    }

    private static void CheckSections(IServiceProvider services, List<string> errors)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (OptionsValidationException fault)
        {
            errors.AddRange(fault.Failures);
        }
        catch (AggregateException faults) when (faults.InnerExceptions.All(fault => fault is OptionsValidationException))
        {
            errors.AddRange(faults.InnerExceptions.SelectMany(fault => ((OptionsValidationException)fault).Failures));
        }
    }

    private static void CheckStore(IServiceProvider services, List<string> errors)
    {
        try
        {
            _ = services.GetRequiredService<IResultStore>();
        }
        catch (ArgumentException)
        {
            // Npgsql's message may repeat the text, and with it the password.
            errors.Add("Store:ConnectionString: not a connection string of Npgsql; expected Host=…;Port=…;Database=…;Username=…;Password=…");
        }
        catch (OptionsValidationException) when (errors.Count > 0)
        {
            // Told already.
        }
    }

    private static void CheckModels(IServiceProvider services, List<string> errors)
    {
        try
        {
            _ = services.GetRequiredService<ModelCatalog>();
        }
        catch (ModelConfigurationException fault)
        {
            errors.AddRange(fault.Errors);
        }
        catch (OptionsValidationException) when (errors.Count > 0)
        {
            // Where they are cannot be told, or what they may give: told already.
        }
    }
}
