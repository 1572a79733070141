namespace Millrace.LocalServices;

/// <summary>What a broker runs.</summary>
/// <param name="Server">RabbitMQ's own start script.</param>
/// <param name="Epmd">Erlang's name server.</param>
internal sealed record RabbitMqPrograms(string Server, string Epmd)
{
    /// <summary>Looks for both.</summary>
    /// <exception cref="LocalServiceException">One is missing.</exception>
    public static RabbitMqPrograms Find() => new(Programs.FindRabbitMqServer(), Programs.FindEpmd());
}
