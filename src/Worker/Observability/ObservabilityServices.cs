using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

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
            // Where to and how, the exporter reads from OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_*). What came last is sent when the host's
            // services are disposed.
            services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddService("millrace-worker"))
                .WithMetrics(metrics => metrics.AddMeter(WorkerMetrics.MeterName).AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Bounds the lines that the host's loggers write (<see cref="BoundedLoggerFactory"/>).</summary>
    public static IServiceCollection AddBoundedLogging(this IServiceCollection services) => services
        .AddSingleton<LoggerFactory>()
        .Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider =>
            new BoundedLoggerFactory(provider.GetRequiredService<LoggerFactory>(), provider.GetRequiredService<TimeProvider>())));
}
