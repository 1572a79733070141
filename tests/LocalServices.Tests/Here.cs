namespace Millrace.LocalServices.Tests;

/// <summary>Starts servers, and skips the test where this machine has no programs for them.</summary>
internal static class Here
{
    public static Task<LocalPostgres> PostgresAsync(LocalPostgresOptions options) =>
        OrSkipAsync(Programs.FindPostgresFolder, () => LocalPostgres.StartAsync(options, TestContext.Current.CancellationToken));

    public static Task<LocalRabbitMq> RabbitMqAsync(LocalRabbitMqOptions options) =>
        OrSkipAsync(Programs.FindRabbitMqServer, () => LocalRabbitMq.StartAsync(options, TestContext.Current.CancellationToken));

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
