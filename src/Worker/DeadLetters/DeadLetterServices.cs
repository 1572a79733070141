using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Worker.DeadLetters;

/// <summary>Registers what gives dead letters their rows.</summary>
internal static class DeadLetterServices
{
    public static IServiceCollection AddDeadLetters(this IServiceCollection services) => services
        .AddSingleton<DeadLetterConsumer>()
        .AddSingleton<DeadLetterFilter>()
        .AddHostedService<DeadLetterIntake>();
}
