using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Cancelling;

/// <summary>Registers what cancels jobs.</summary>
internal static class CancellingServices
{
    public static IServiceCollection AddCancelling(this IServiceCollection services) => services
        .AddValidatedOptions<CancellingOptions>(CancellingOptions.Section)
        .AddSingleton<Cancellations>()
        .AddSingleton<CancellationLookup>();

    /// <summary>After the delivery, whose writer it hands jobs to, and before the intake.</summary>
    public static IServiceCollection AddCancellationFollower(this IServiceCollection services) => services
        .AddHostedService<CancellationFollower>();
}
