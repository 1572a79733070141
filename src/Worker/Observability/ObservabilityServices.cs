using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Millrace.Worker.Observability;

/// <summary>Registers the metrics and, where OpenTelemetry's own variables ask for it, their exporter.</summary>
internal static class ObservabilityServices
{
    public static IServiceCollection AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerMetrics>();
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            services.AddHostedService<MetricsExporter>();
        }

        return services;
    }

    /// <summary>Bounds the lines that the host's loggers write (<see cref="BoundedLoggerFactory"/>).</summary>
    public static IServiceCollection AddBoundedLogging(this IServiceCollection services) => services
        .AddSingleton<LoggerFactory>()
        .Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider =>
            new BoundedLoggerFactory(provider.GetRequiredService<LoggerFactory>(), provider.GetRequiredService<TimeProvider>())));
}
