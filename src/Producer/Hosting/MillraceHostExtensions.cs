using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Producer;
using Millrace.Producer.Hosting;

#pragma warning disable IDE0130 // Where every program with a host looks for what its builder can add.
namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a client of Millrace to a host.</summary>
public static class MillraceHostExtensions
{
    /// <summary>
    /// Adds <see cref="IMillraceClient"/> as a singleton, with its health check <c>Millrace</c>. It connects as the host starts, in the background,
    /// and is disposed of with the host. Settings are validated before the host starts.
    /// </summary>
    /// <param name="builder">The host's builder.</param>
    /// <param name="connectionName">The broker's connection string in the configuration, <c>ConnectionStrings:NAME</c>, and the client's own section, <c>Millrace:Client:NAME</c>.</param>
    /// <param name="configureSettings">Changes the settings after the configuration has been read; null for nothing.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="InvalidOperationException">The host has such a client.</exception>
    public static void AddMillraceClient(
        this IHostApplicationBuilder builder, string connectionName, Action<MillraceClientSettings>? configureSettings = null)
    {
        Add(builder, connectionName, Options.Options.DefaultName, "Millrace", configureSettings);
        builder.Services.AddSingleton<IMillraceClient>(services => services.GetRequiredKeyedService<HostedClient>(Options.Options.DefaultName).Client);
    }

    /// <summary>
    /// Adds <see cref="IMillraceClient"/> as a singleton under a key, which is the name, with its health check <c>Millrace_NAME</c>; for programs
    /// with several brokers. All else is as with <see cref="AddMillraceClient"/>.
    /// </summary>
    /// <inheritdoc cref="AddMillraceClient"/>
    /// <param name="builder">The host's builder.</param>
    /// <param name="name">The key, the connection string's name and that of the client's own section.</param>
    /// <param name="configureSettings">Changes the settings after the configuration has been read; null for nothing.</param>
    public static void AddKeyedMillraceClient(
        this IHostApplicationBuilder builder, string name, Action<MillraceClientSettings>? configureSettings = null)
    {
        Add(builder, name, name, $"Millrace_{name}", configureSettings);
        builder.Services.AddKeyedSingleton<IMillraceClient>(name, (services, _) => services.GetRequiredKeyedService<HostedClient>(name).Client);
    }

    /// <param name="builder">The host's builder.</param>
    /// <param name="connectionName">The connection string's name.</param>
    /// <param name="key">Tells the client from the host's others; empty for the one without a key.</param>
    /// <param name="healthCheck">What its health check is called.</param>
    /// <param name="configureSettings">The program's own settings.</param>
    private static void Add(
        IHostApplicationBuilder builder, string connectionName, string key, string healthCheck, Action<MillraceClientSettings>? configureSettings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        var services = builder.Services;
        if (services.Any(service => service.IsKeyedService && service.ServiceType == typeof(HostedClient) && key.Equals(service.ServiceKey)))
        {
            throw new InvalidOperationException(key.Length == 0
                ? "The host has a Millrace client already; add others by AddKeyedMillraceClient, each with a name."
                : $"The host has a Millrace client '{key}' already.");
        }

        services.AddOptions<MillraceClientSettings>(key)
            .Configure(settings => SettingsReader.Read(builder.Configuration, connectionName, settings))
            .Configure(configureSettings ?? (static _ => { }))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<MillraceClientSettings>>(new SettingsValidation(key, connectionName));
        services.AddKeyedSingleton(key, (provider, _) => new HostedClient(
            connectionName,
            provider.GetRequiredService<IOptionsMonitor<MillraceClientSettings>>().Get(key),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<MillraceClient>>()));
        services.AddSingleton<IHostedService>(provider => new ClientStart(provider, key));
        services.AddHealthChecks();
        services.AddOptions<HealthCheckServiceOptions>().Configure<IOptionsMonitor<MillraceClientSettings>>((health, settings) =>
        {
            if (!settings.Get(key).DisableHealthChecks)
            {
                health.Registrations.Add(new HealthCheckRegistration(
                    healthCheck,
                    provider => new ConnectionHealthCheck(provider.GetRequiredKeyedService<HostedClient>(key)),
                    failureStatus: null,
                    tags: null));
            }
        });
    }
}
