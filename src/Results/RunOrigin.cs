namespace Millrace.Results;

/// <summary>What a bulk scoring was begun with: what it must be taken up again with, so that its rows stay those of one file.</summary>
public sealed record RunOrigin
{
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The model.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version that answers all of its rows.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>What else decides what its jobs are, for people and programs alike: the file, how its columns meet the inputs, rows a job.</summary>
    public required IReadOnlyDictionary<string, string> Details { get; init; }
}
