namespace Millrace.LocalServices.Tests;

/// <summary>Starts servers, and skips the test where this machine has no programs for them.</summary>
internal static class Here
{
    // Tests may run on a machine that builds at the same time.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    public static Task<LocalPostgres> PostgresAsync(LocalPostgresOptions options) =>
        OrSkipAsync(Programs.FindPostgresFolder, () => LocalPostgres.StartAsync(options with { StartTimeout = s_patience }, TestContext.Current.CancellationToken));

    public static Task<LocalRabbitMq> RabbitMqAsync(LocalRabbitMqOptions options) =>
        OrSkipAsync(Programs.FindRabbitMqServer, () => LocalRabbitMq.StartAsync(options with { StartTimeout = s_patience }, TestContext.Current.CancellationToken));

    private static Task<T> OrSkipAsync<T>(Func<string> find, Func<Task<T>> start)
    {
        try
        {
            Programs.RequireLauncher();
            find();
        }
        catch (LocalServiceException e)
        {
            Assert.Skip(e.Message);
        }

        return start();
    }
}
