using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>Where the tests' RabbitMQ is.</summary>
/// <param name="Uri">An administrator, on any virtual host.</param>
/// <param name="ManagementUri">The management plugin's HTTP API, with an administrator's name and password.</param>
/// <param name="Server">The broker, where it was started for the tests and ends with them.</param>
internal sealed record RabbitMqAddress(Uri Uri, Uri ManagementUri, IAsyncDisposable? Server)
{
    private const string Variable = "MILLRACE_TEST_RABBITMQ";
    private const string ManagementVariable = "MILLRACE_TEST_RABBITMQ_MANAGEMENT";
    private const int ManagementPort = 15672;

    // Tests may run on a machine that builds at the same time.
    private static readonly LocalRabbitMqOptions s_options = new() { Management = true, StartTimeout = TimeSpan.FromMinutes(5) };

    /// <summary>Looks in the environment, then among this machine's programs, then, where built in, for containers.</summary>
    /// <exception cref="TestServerException">Nothing was found.</exception>
    public static async Task<RabbitMqAddress> FindAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            var uri = new Uri(given);
            var management = Environment.GetEnvironmentVariable(ManagementVariable);
            return new RabbitMqAddress(uri, management is { Length: > 0 } ? new Uri(management) : Management(uri, ManagementPort), null);
        }

        try
        {
            var broker = await LocalRabbitMq.StartAsync(s_options, cancellationToken);
            return new RabbitMqAddress(broker.Uri, broker.ManagementUri!, broker);
        }
        catch (LocalServiceException e)
        {
#if TESTCONTAINERS
            _ = e;
            return await ContainerAsync(cancellationToken);
#else
            throw new TestServerException(
                $"{e.Message} Or set {Variable} to an administrator's amqp URI (and {ManagementVariable}, where the management plugin is "
                + $"not on port {ManagementPort}), or build with -p:Testcontainers=true.",
                e);
#endif
        }
    }

    private static Uri Management(Uri amqp, int port) => new($"http://{amqp.UserInfo}@{amqp.Host}:{port}");

#if TESTCONTAINERS
    private static async Task<RabbitMqAddress> ContainerAsync(CancellationToken cancellationToken)
    {
        var container = new Testcontainers.RabbitMq.RabbitMqBuilder()
            .WithImage("rabbitmq:4-management")
            .WithPortBinding(ManagementPort, true)
            .Build();
        await container.StartAsync(cancellationToken);
        var uri = new Uri(container.GetConnectionString());
        return new RabbitMqAddress(uri, Management(uri, container.GetMappedPublicPort(ManagementPort)), container);
    }
#endif
}
