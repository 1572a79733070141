namespace Millrace.LocalServices;

/// <summary>What a broker runs.</summary>
/// <param name="Server">RabbitMQ's own start script.</param>
/// <param name="Epmd">Erlang's name server.</param>
internal sealed record RabbitMqPrograms(string Server, string Epmd)
{
    /// <summary>RabbitMQ's command line, beside its start script.</summary>
    public string Control => Path.Combine(Path.GetDirectoryName(Server)!, "rabbitmqctl");

    /// <summary>Looks for both.</summary>
    /// <exception cref="LocalServiceException">One is missing.</exception>
    public static RabbitMqPrograms Find() => new(Programs.FindRabbitMqServer(), Programs.FindEpmd());
}
