namespace Millrace.Bench.Measures;

/// <summary>One thing that is measured of a contender in its turn.</summary>
internal interface IMeasure
{
    /// <summary>What the results call it.</summary>
    string Name { get; }

    /// <summary>Measures once, and adds the figures.</summary>
    /// <returns>The jobs that must have a row now.</returns>
    Task<int> RunAsync(Turn turn, CancellationToken cancellationToken);
}
