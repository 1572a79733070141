using Millrace.Contracts;

namespace Millrace.Producer;

/// <summary>How <see cref="IMillraceClient.PredictManyAsync"/> goes about many jobs.</summary>
public sealed record PredictManyOptions
{
    /// <summary>The lane that they go by.</summary>
    /// <value>Default: bulk, which fills what the interactive lane leaves free.</value>
    public Lane Lane { get; init; } = Lane.Bulk;

    /// <summary>Jobs whose replies have not been taken yet, at most; those of <see cref="MillraceClientOptions.MaxInFlight"/> count besides.</summary>
    /// <value>Default: 64.</value>
    public int MaxInFlight { get; init; } = 64;

    /// <summary>Whether the replies come in the jobs' order. Otherwise each comes when it is there, and its id tells whose it is.</summary>
    /// <value>Default: true.</value>
    public bool InOrder { get; init; } = true;
}
