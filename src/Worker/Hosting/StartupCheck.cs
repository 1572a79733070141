using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Millrace.Worker.Batching;
using Millrace.Worker.Broker;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Configuration;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Jobs;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Hosting;

/// <summary>Checks all configuration before anything starts, and tells all errors at once.</summary>
internal static class StartupCheck
{
    public static IReadOnlyList<string> Run(IServiceProvider services)
    {
        var errors = new List<string>();
        Check<BrokerOptions>(services, BrokerOptions.Section, errors);
        Check<StoreOptions>(services, StoreOptions.Section, errors);
        var hasLimits = Check<LimitsOptions>(services, LimitsOptions.Section, errors);
        Check<DeliveryOptions>(services, DeliveryOptions.Section, errors);
        Check<CancellingOptions>(services, CancellingOptions.Section, errors);
        Check<StopOptions>(services, StopOptions.Section, errors);
        Check<RetryOptions>(services, RetryOptions.Section, errors);
        Check<ModelsOptions>(services, ModelsOptions.Section, errors);
        CheckStore(services, errors);
        if (!errors.Exists(error => error.Contains("Models", StringComparison.Ordinal)))
        {
            CheckModels(services, hasLimits, errors);
        }

        return errors;
    }

    /// <returns>Whether they are valid.</returns>
    private static bool Check<T>(IServiceProvider services, string section, List<string> errors)
        where T : class
    {
        try
        {
            _ = services.GetRequiredService<IOptions<T>>().Value;
            return true;
        }
        catch (OptionsValidationException fault)
        {
            errors.AddRange(fault.Failures);
        }
        catch (InvalidOperationException fault)
        {
            // The binder's: an unknown key, or a value of another type.
            var told = SectionFaults.Of(services.GetRequiredService<IConfiguration>().GetSection(section), typeof(T)).ToList();
            errors.AddRange(told.Count > 0 ? told : [fault.InnerException is { } inner ? $"{fault.Message} {inner.Message}" : fault.Message]);
        }

        return false;
    }

    private static void CheckStore(IServiceProvider services, List<string> errors)
    {
        try
        {
            _ = services.GetRequiredService<Results.IResultStore>();
        }
        catch (ArgumentException)
        {
            // Npgsql's message may repeat the text, and with it the password.
            errors.Add("Store:ConnectionString: not a connection string of Npgsql; expected Host=…;Port=…;Database=…;Username=…;Password=…");
        }
        catch (Exception fault) when (errors.Count > 0 && fault is (OptionsValidationException or InvalidOperationException))
        {
            // Told already.
        }
    }

    private static void CheckModels(IServiceProvider services, bool hasLimits, List<string> errors)
    {
        try
        {
            _ = services.GetRequiredService<ModelCatalog>();
        }
        catch (ModelConfigurationException fault)
        {
            errors.AddRange(fault.Errors);
        }
        catch (Exception fault) when (!hasLimits && fault is (OptionsValidationException or InvalidOperationException))
        {
            // What a model may give is limited too; that the limits are none was told already.
        }
    }
}
