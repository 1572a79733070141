using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Results;
using Millrace.Worker.Batching;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Configuration;
using Millrace.Worker.DeadLetters;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker;

/// <summary>
/// The worker as a service: RabbitMQ in, RabbitMQ and Postgres out. <see cref="Embedded.EmbeddedWorker"/> composes the same parts without
/// a broker.
/// </summary>
internal static class WorkerHost
{
    /// <summary>Runs until a signal ends it.</summary>
    /// <param name="args">Configuration from the command line.</param>
    /// <param name="replace">Puts other services in place of the ones at the process's edges; the fault tests' way in.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = Host.CreateApplicationBuilder(args);
        Configure(builder);
        replace?.Invoke(builder.Services);
        using var host = builder.Build();
        var errors = StartupCheck.Run(host.Services);
        if (errors.Count > 0)
        {
            foreach (var error in errors)
            {
                await Console.Error.WriteLineAsync($"millrace: {error}");
            }

            return ExitCode.Configuration;
        }

        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var stopping = lifetime.ApplicationStopping;
        using var secondSignal = new SecondSignal();
        try
        {
            // Asked for before the run, at whose end the host disposes of its services.
            var services = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToArray();
            var writer = host.Services.GetRequiredService<ResultWriter>();
            await host.RunAsync();
            if (writer.HasAbandoned)
            {
                // The host's own time may have sufficed by a hair, so that it does not say so.
                await TellUnfinishedAsync("The store was away.");
                return ExitCode.Failure;
            }

            // The host ends in order where a service of its own has failed, and has said why.
            return Array.Exists(services, service => service.ExecuteTask is { IsFaulted: true })
                ? ExitCode.Failure
                : ExitCode.Ok;
        }
        catch (Exception fault) when (fault is StoreSchemaException or BrokerSetupException)
        {
            await Console.Error.WriteLineAsync($"millrace: {fault.Message}");
            return ExitCode.Configuration;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !lifetime.ApplicationStarted.IsCancellationRequested)
        {
            // Told to stop while it started, or waited for its servers: it has finished no job, and has none to finish.
            return ExitCode.Ok;
        }
        catch (Exception fault) when (stopping.IsCancellationRequested)
        {
            await TellUnfinishedAsync(fault.Message);
            return ExitCode.Failure;
        }
    }

    private static Task TellUnfinishedAsync(string cause) => Console.Error.WriteLineAsync(
        $"millrace: not all that was in flight could be finished in time; jobs without a row stay with the broker. {cause}");

    private static void Configure(HostApplicationBuilder builder)
    {
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Logging.AddFilter("MassTransit", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(20);
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });

        // Started in this order and stopped in the reverse one: the intake starts last and stops first.
        builder.Services
            .AddObservability(builder.Configuration)
            .AddValidatedOptions<BrokerOptions>(BrokerOptions.Section)
            .AddResilience()
            .AddStore()
            .AddInference()
            .AddBrokerGate()
            .AddRabbitMqSender()
            .AddDelivery()
            .AddBatching()
            .AddCancelling()
            .AddCancellationFollower()
            .AddIntake()
            .AddDeadLetters()
            .AddRabbitMqIntake();
    }
}
