using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Results;
using Millrace.Worker.Batching;
using Millrace.Worker.Broker;
using Millrace.Worker.Cancelling;
using Millrace.Worker.DeadLetters;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using OpenTelemetry.Metrics;

namespace Millrace.Worker.Hosting;

/// <summary>
/// The worker as a service: RabbitMQ in, RabbitMQ and Postgres out. <see cref="Embedded.EmbeddedWorker"/> composes the same parts without
/// a broker.
/// </summary>
internal static class WorkerHost
{
    // The host's time for all that is in flight. What is left of the 25 s that are promised is for the sessions' and the process's end.
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(24);
    private static readonly TimeSpan s_flush = TimeSpan.FromSeconds(2);

    /// <summary>Runs until a signal ends it.</summary>
    /// <param name="args">Configuration from the command line.</param>
    /// <param name="replace">Puts other services in place of the ones at the process's edges; the fault tests' way in.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace = null)
    {
        using var signals = new EndSignals();
        var builder = Host.CreateApplicationBuilder(args);
        Configure(builder);
        replace?.Invoke(builder.Services);
        var host = builder.Build();
        var errors = StartupCheck.Run(host.Services);
        if (errors.Count > 0)
        {
            foreach (var error in errors)
            {
                await Console.Error.WriteLineAsync($"millrace: {error}");
            }

            host.Dispose();
            return ExitCode.Configuration;
        }

        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStopping.Register(() => ProcessEnd.After(s_end, ExitCode.Failure, Unfinished("The end took too long.")));
        signals.StopInOrder(lifetime);
        var exitCode = await RunAsync(host, lifetime);
        if (host.Services.GetRequiredService<ModelServing>().HasEnded)
        {
            host.Dispose();
            return exitCode;
        }

        // A run that cannot be stopped: whatever it uses stays as it is, and what is to be said and counted is.
        host.Services.GetService<MeterProvider>()?.ForceFlush((int)s_flush.TotalMilliseconds);
        host.Services.GetRequiredService<ILoggerFactory>().Dispose();
        ProcessEnd.Now(exitCode);
        return exitCode;
    }

    private static async Task<int> RunAsync(IHost host, IHostApplicationLifetime lifetime)
    {
        var stopping = lifetime.ApplicationStopping;
        try
        {
            await StartAsync(host);
            await host.WaitForShutdownAsync();
            if (host.Services.GetRequiredService<ResultWriter>().HasAbandoned)
            {
                // The host's own time may have sufficed by a hair, so that it does not say so.
                await Console.Error.WriteLineAsync(Unfinished("The store was away."));
                return ExitCode.Failure;
            }

            // The host ends in order where a service of its own has failed, and has said why.
            return host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true })
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
            await Console.Error.WriteLineAsync(Unfinished(fault.Message));
            return ExitCode.Failure;
        }
    }

    private static async Task StartAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch
        {
            // A queue may be consumed already, and its jobs run, while another one is refused.
            try
            {
                await host.StopAsync();
            }
            catch (Exception fault)
            {
                // Beside why the start has failed, which is told by whoever gets it.
                await Console.Error.WriteLineAsync(Unfinished(fault.Message));
            }

            throw;
        }
    }

    private static string Unfinished(string cause) =>
        $"millrace: not all that was in flight could be finished in time; jobs without a row stay with the broker. {cause}";

    private static void Configure(HostApplicationBuilder builder)
    {
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = s_shutdown;
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });

        // Started in this order and stopped in the reverse one: the intake starts last and stops first.
        builder.Services
            .AddObservability(builder.Configuration)
            .AddBoundedLogging()
            .AddBroker()
            .AddResilience()
            .AddRetries()
            .AddStore()
            .AddInference()
            .AddBrokerGate()
            .AddRetryWatch()
            .AddRabbitMqSender()
            .AddRabbitMqRetries()
            .AddDelivery()
            .AddBatching()
            .AddCancelling()
            .AddCancellationFollower()
            .AddIntake()
            .AddDeadLetters()
            .AddRabbitMqIntake();
    }
}
