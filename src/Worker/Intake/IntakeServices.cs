using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Intake;

/// <summary>Registers how jobs come in.</summary>
internal static class IntakeServices
{
    public static IServiceCollection AddIntake(this IServiceCollection services) => services
        .AddValidatedOptions<LimitsOptions>(LimitsOptions.Section)
        .AddSingleton<DeliveryReader>()
        .AddSingleton<JobConsumer>();

    public static IServiceCollection AddRabbitMqIntake(this IServiceCollection services) => services
        .AddHostedService<RabbitMqIntake>();
}
