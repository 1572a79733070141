namespace Millrace.Contracts.Wire;

/// <summary>Why a body is not a job.</summary>
/// <param name="Code">One of <see cref="ErrorCode"/>.</param>
/// <param name="Message">The field, what was found and what was expected.</param>
public sealed record WireError(string Code, string Message)
{
    /// <summary>False for a body that is no request at all; true where it can be answered as one.</summary>
    public bool IsReadable => Code != ErrorCode.UnreadableBody;

    /// <summary>The request's id, as far as it could be read.</summary>
    public Guid? Id { get; init; }

    /// <summary>The request's model, as far as it could be read.</summary>
    public string? ModelName { get; init; }

    /// <summary>The request's model version, as far as it could be read.</summary>
    public string? ModelVersion { get; init; }
}
