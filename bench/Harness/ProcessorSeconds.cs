namespace Millrace.Bench;

/// <summary>CPU seconds, user and system, by process.</summary>
/// <param name="Contender">The processes that are measured.</param>
/// <param name="Broker">RabbitMQ.</param>
/// <param name="Store">Postgres.</param>
/// <param name="Load">This process, which publishes the jobs and reads the replies.</param>
internal sealed record ProcessorSeconds(double Contender, double Broker, double Store, double Load)
{
    /// <summary>What each has used since then, in microseconds a job.</summary>
    public ProcessorSeconds PerJobSince(ProcessorSeconds start, int jobs) => new(
        (Contender - start.Contender) * 1e6 / jobs,
        (Broker - start.Broker) * 1e6 / jobs,
        (Store - start.Store) * 1e6 / jobs,
        (Load - start.Load) * 1e6 / jobs);
}
