using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>Whether this machine has the servers' own programs, which tests that stop and kill servers cannot do without.</summary>
public static class ServerPrograms
{
    /// <summary>Looks for RabbitMQ.</summary>
    /// <returns>What is missing, and how to install it; null where it is here.</returns>
    public static string? MissingRabbitMq() => Missing(Programs.FindRabbitMqServer);

    /// <summary>Looks for Postgres.</summary>
    /// <returns>What is missing, and how to install it; null where it is here.</returns>
    public static string? MissingPostgres() => Missing(Programs.FindPostgresFolder);

    private static string? Missing(Func<string> find)
    {
        try
        {
            Programs.RequireLauncher();
            find();
            return null;
        }
        catch (LocalServiceException e)
        {
            return e.Message;
        }
    }
}
