using System.Text.Json.Serialization;
using Millrace.Contracts.Wire;

namespace Millrace.Contracts;

/// <summary>A reply: the protocol's inference response, or its error with Millrace's stable <see cref="Code"/>.</summary>
[JsonConverter(typeof(PredictionResultJsonConverter))]
public sealed record PredictionResult
{
    /// <summary>The job's id.</summary>
    public Guid? Id { get; init; }

    /// <summary>The model that was asked.</summary>
    public string? ModelName { get; init; }

    /// <summary>The version that ran; null where none did.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>How the job ended.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>The outputs; none unless <see cref="Status"/> is <see cref="JobStatus.Succeeded"/>.</summary>
    public IReadOnlyList<Tensor> Outputs { get; init; } = [];

    /// <summary>An output by its name.</summary>
    /// <exception cref="InvalidOperationException">The job has none, since it did not succeed: the message says how it ended.</exception>
    /// <exception cref="KeyNotFoundException">There is none of that name: the message names those that there are.</exception>
    public Tensor Output(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (var output in Outputs)
        {
            if (output.Name == name)
            {
                return output;
            }
        }

        throw Status == JobStatus.Succeeded
            ? new KeyNotFoundException(
                $"Job {Id}: no output '{name}'; {NearNames.Suggest(name, [.. Outputs.Select(output => output.Name)])}")
            : new InvalidOperationException($"Job {Id} has no outputs, it ended as {Status.ToWireName()} ({Code}): {Error}");
    }

    /// <summary>
    /// The rows without an answer, in their order, of a job that asked with <see cref="JobParameters.Partial"/>: the outputs hold the other rows, in
    /// input order, and their first dimension counts those. Empty for every other job.
    /// </summary>
    public IReadOnlyList<RowError> RowErrors { get; init; } = [];

    /// <summary>One of <see cref="ErrorCode"/>; null for success.</summary>
    public string? Code { get; init; }

    /// <summary>What was wrong, where, and what was expected, for people; null for success.</summary>
    public string? Error { get; init; }
}
