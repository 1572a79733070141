using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Intake;
using Millrace.Worker.Sending;

namespace Millrace.FaultyWorker;

/// <summary>Puts the faults around the services at the worker's edges.</summary>
internal static class FaultServices
{
    public static void Inject(this IServiceCollection services, Fault fault, KillSwitch kill)
    {
        services.Decorate<IResultStore>((store, provider) => fault.Control switch
        {
            Control.Keyless => FaultyStore.Create(
                store, new KeylessCommit(provider.GetRequiredService<IOptions<StoreOptions>>().Value.ConnectionString!).CommitAsync),
            Control.BlameRows => FaultyStore.ThatBlamesRows(store),
            _ => FaultyStore.WithPoints(store, kill),
        });
        services.Decorate<IMessageSender>((sender, _) => new FaultySender(sender, kill, fault.Control));
        if (fault.Control == Control.AckEarly)
        {
            services.Remove(services.Single(service => service.ImplementationType == typeof(RabbitMqIntake)));
            services.AddSingleton<IHostedService, AckEarlyIntake>();
        }
    }

    private static void Decorate<T>(this IServiceCollection services, Func<T, IServiceProvider, T> decorate)
        where T : class
    {
        var inner = services.Single(service => service.ServiceType == typeof(T));
        services.Remove(inner);
        services.AddSingleton(provider => decorate((T)inner.ImplementationFactory!(provider), provider));
    }
}
