using Millrace.Contracts;

namespace Millrace.Scoring.Runs;

/// <summary>Says what models take and give: by the worker that serves them, or by their files where whoever scores has these.</summary>
internal interface IModelDescriptions
{
    /// <summary>Describes a model.</summary>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<ModelDescription> DescribeAsync(string modelName, string? version, CancellationToken cancellationToken);
}
