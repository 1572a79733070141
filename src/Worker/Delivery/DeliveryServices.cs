using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Broker;
using Millrace.Worker.Configuration;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Delivery;

/// <summary>Registers the store, the commits and the replies.</summary>
internal static class DeliveryServices
{
    public static IServiceCollection AddStore(this IServiceCollection services) => services
        .AddValidatedOptions<StoreOptions>(StoreOptions.Section)
        .AddSingleton(provider => Open(provider.GetRequiredService<IOptions<StoreOptions>>().Value))
        .AddHostedService<StoreGate>();

    public static IServiceCollection AddDelivery(this IServiceCollection services) => services
        .AddValidatedOptions<DeliveryOptions>(DeliveryOptions.Section)
        .AddSingleton<UndeliverableMarks>()
        // Before the writer, and so stopped after it: the replies to its last commits may want marks.
        .AddHostedService(provider => provider.GetRequiredService<UndeliverableMarks>())
        .AddSingleton<ReplySender>()
        .AddSingleton<DeadLetterSender>()
        .AddSingleton<RowCommits>()
        .AddSingleton<ResultWriter>()
        .AddHostedService(provider => provider.GetRequiredService<ResultWriter>());

    public static IServiceCollection AddRabbitMqSender(this IServiceCollection services) => services
        .AddSingleton<OpenConnection>(provider =>
        {
            var broker = provider.GetRequiredService<IOptions<BrokerOptions>>();
            return cancellationToken => broker.Value.CreateConnectionFactory("replies").CreateConnectionAsync(cancellationToken);
        })
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<RabbitMqSender>(
            provider, provider.GetRequiredService<IOptions<DeliveryOptions>>().Value.ReplyChannels))
        .AddSingleton<IMessageSender>(provider => provider.GetRequiredService<RabbitMqSender>())
        .AddHostedService(provider => provider.GetRequiredService<RabbitMqSender>());

    private static IResultStore Open(StoreOptions options) => string.IsNullOrEmpty(options.ConnectionString)
        ? ResultStores.OpenSqlite(options.Path)
        : ResultStores.OpenPostgres(options.ConnectionString);
}
