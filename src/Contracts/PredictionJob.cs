using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Contracts.Wire;

namespace Millrace.Contracts;

/// <summary>One prediction asked for: the body of the Open Inference Protocol's inference request, which names its model itself.</summary>
[JsonConverter(typeof(PredictionJobJsonConverter))]
public sealed record PredictionJob
{
    /// <summary>The job's id; null where the sender gave none, and the worker then derives one (docs/design.md, "Job ids").</summary>
    public Guid? Id { get; init; }

    /// <summary>The model that is asked; null means the one whose queue the job came by.</summary>
    public string? ModelName { get; init; }

    /// <summary>The version; null means the newest that is served.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The protocol's request parameters; <see cref="JobParameters"/> names those that Millrace reads.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = ReadOnlyDictionary<string, JsonElement>.Empty;

    /// <summary>One tensor for each of the model's inputs, in any order; for a batchable model all with the same first dimension.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>The outputs wanted; none means all.</summary>
    public IReadOnlyList<RequestedOutput> Outputs { get; init; } = [];

    /// <summary>The job with a time after which it is <c>expired</c> instead of run (<see cref="JobParameters.Deadline"/>).</summary>
    public PredictionJob WithDeadline(DateTimeOffset deadline) => this with
    {
        Parameters = new Dictionary<string, JsonElement>(Parameters, StringComparer.Ordinal)
        {
            [JobParameters.Deadline] = JsonElement.Parse($"\"{deadline:O}\""),
        },
    };

    /// <summary>The job with a deadline so long from now, by this machine's clock.</summary>
    /// <param name="delay">How long it may wait for its run.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public PredictionJob WithDeadline(TimeSpan delay, TimeProvider? time = null) => WithDeadline((time ?? TimeProvider.System).GetUtcNow() + delay);

    /// <summary>Whether it asks with <see cref="JobParameters.Partial"/>.</summary>
    internal bool IsPartial => AsksPartial(Parameters);

    /// <summary>
    /// Rows of a job that asks so which were found bad while it was read; in their elements' place is nothing. Empty for every other job.
    /// </summary>
    internal IReadOnlyList<RowError> RowFaults { get; init; } = [];

    internal static bool AsksPartial(IReadOnlyDictionary<string, JsonElement> parameters) =>
        parameters.Count > 0 && parameters.TryGetValue(JobParameters.Partial, out var partial) && partial.ValueKind == JsonValueKind.True;
}
