using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Millrace.FaultyWorker;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Intake;
using Millrace.Worker.Sending;

namespace Millrace.Bench.Unguarded;

/// <summary>
/// The same pipeline without what it promises: a delivery is acked as it arrives, so no job comes again and none is looked for; rows are
/// inserted whatever is there; replies are neither mandatory nor confirmed.
/// </summary>
internal static class UnguardedServices
{
    public static void TakeGuaranteesOff(IServiceCollection services)
    {
        services.Remove(services.Single(service => service.ImplementationType == typeof(RabbitMqIntake)));
        services.AddSingleton<IHostedService, AckEarlyIntake>();
        services.AddSingleton<UnconfirmedSender>();
        services.AddSingleton<IMessageSender>(provider => provider.GetRequiredService<UnconfirmedSender>());
        services.AddSingleton(provider => new KeylessCommit(provider.GetRequiredService<IOptions<StoreOptions>>().Value.ConnectionString!));
        var store = services.Single(service => service.ServiceType == typeof(IResultStore));
        services.Remove(store);
        services.AddSingleton(provider => FaultyStore.Create(
            (IResultStore)store.ImplementationFactory!(provider), provider.GetRequiredService<KeylessCommit>().CommitAsync));
    }
}
