using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>Registers how jobs come in.</summary>
internal static class IntakeServices
{
    public static IServiceCollection AddIntake(this IServiceCollection services) => services
        .AddValidatedOptions<LimitsOptions>(LimitsOptions.Section)
        .AddSingleton<DeliveryReader>()
        .AddSingleton<JobAdmission>()
        .AddSingleton<JobConsumer>();

    /// <summary>Holds the start until the broker has what all parts below need.</summary>
    public static IServiceCollection AddBrokerGate(this IServiceCollection services) => services
        .AddHostedService<BrokerGate>();

    public static IServiceCollection AddRabbitMqIntake(this IServiceCollection services) => services
        .AddHostedService<RabbitMqIntake>();
}
