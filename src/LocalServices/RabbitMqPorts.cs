namespace Millrace.LocalServices;

/// <summary>The ports of one broker, all on 127.0.0.1: clients, Erlang's name server, Erlang's distribution, management.</summary>
internal sealed record RabbitMqPorts(int Amqp, int Epmd, int Distribution, int Management)
{
    public static RabbitMqPorts Find(int? amqp)
    {
        var free = FreePorts.Find(4);
        return new RabbitMqPorts(amqp ?? free[0], free[1], free[2], free[3]);
    }

    public bool AnyIsTaken() =>
        FreePorts.IsTaken(Amqp) || FreePorts.IsTaken(Epmd) || FreePorts.IsTaken(Distribution) || FreePorts.IsTaken(Management);
}
