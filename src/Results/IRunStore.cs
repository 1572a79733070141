namespace Millrace.Results;

/// <summary>Where it is kept what runs were begun with.</summary>
public interface IRunStore
{
    /// <summary>Keeps what a run was begun with, unless something is kept of it already.</summary>
    /// <returns>What is kept: <paramref name="origin"/>, or what the run was begun with before.</returns>
    Task<RunOrigin> BeginRunAsync(RunOrigin origin, CancellationToken cancellationToken);

    /// <summary>What a run was begun with; null where nothing is kept of it.</summary>
    Task<RunOrigin?> FindRunAsync(Guid runId, CancellationToken cancellationToken);
}
