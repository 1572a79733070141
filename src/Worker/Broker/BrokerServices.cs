using Microsoft.Extensions.DependencyInjection;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Broker;

/// <summary>Registers what is known of the broker.</summary>
internal static class BrokerServices
{
    public static IServiceCollection AddBroker(this IServiceCollection services) => services
        .AddValidatedOptions<BrokerOptions>(BrokerOptions.Section);
}
