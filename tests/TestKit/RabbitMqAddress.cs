using Millrace.LocalServices;
using Testcontainers.RabbitMq;

namespace Millrace.TestKit;

/// <summary>Where the tests' RabbitMQ is.</summary>
/// <param name="Uri">An administrator, on any virtual host.</param>
/// <param name="ManagementUri">The management plugin's HTTP API, with an administrator's name and password.</param>
/// <param name="Server">The broker, where it was started for the tests and ends with them.</param>
internal sealed record RabbitMqAddress(Uri Uri, Uri ManagementUri, IAsyncDisposable? Server)
{
    private const string Variable = "MILLRACE_TEST_RABBITMQ";
    private const string ManagementVariable = "MILLRACE_TEST_RABBITMQ_MANAGEMENT";
    private const string Image = "rabbitmq:4-management";
    private const int ManagementPort = 15672;

    // Tests may run on a machine that builds at the same time.
    private static readonly LocalRabbitMqOptions s_options = new() { Management = true, StartTimeout = TimeSpan.FromMinutes(5) };

    /// <summary>Takes what is there, in the order of <see cref="PostgresAddress.FindAsync"/>, for its reasons.</summary>
    /// <exception cref="TestServerException">There is none of them.</exception>
    /// <exception cref="LocalServiceException">The program is here and does not start.</exception>
    public static async Task<RabbitMqAddress> FindAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            var uri = new Uri(given);
            var management = Environment.GetEnvironmentVariable(ManagementVariable);
            return new RabbitMqAddress(uri, management is { Length: > 0 } ? new Uri(management) : Management(uri, ManagementPort), null);
        }

        if (ServerPrograms.MissingRabbitMq() is { } missing)
        {
            return await StartContainerAsync(missing, cancellationToken);
        }

        var broker = await LocalRabbitMq.StartAsync(s_options, cancellationToken);
        return new RabbitMqAddress(broker.Uri, broker.ManagementUri!, broker);
    }

    private static Uri Management(Uri amqp, int port) => new($"http://{amqp.UserInfo}@{amqp.Host}:{port}");

    private static async Task<RabbitMqAddress> StartContainerAsync(string missing, CancellationToken cancellationToken)
    {
        var container = await ServerContainers.StartAsync(
            () => new RabbitMqBuilder(Image).WithPortBinding(ManagementPort, assignRandomHostPort: true).Build(),
            missing,
            $"Or set {Variable} to an administrator's amqp URI (and {ManagementVariable}, where the management plugin is not on port {ManagementPort}).",
            cancellationToken);
        var uri = new Uri(container.GetConnectionString());
        return new RabbitMqAddress(uri, Management(uri, container.GetMappedPublicPort(ManagementPort)), container);
    }
}
