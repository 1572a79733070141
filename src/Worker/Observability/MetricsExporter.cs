using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Millrace.Worker.Observability;

/// <summary>
/// Sends the metrics by OTLP to where the variables <c>OTEL_EXPORTER_OTLP_*</c> say
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
/// </summary>
internal sealed class MetricsExporter : IHostedService, IDisposable
{
    private MeterProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("millrace-worker"))
            .AddMeter(WorkerMetrics.MeterName)
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _provider?.ForceFlush();
        return Task.CompletedTask;
    }

    public void Dispose() => _provider?.Dispose();
}
