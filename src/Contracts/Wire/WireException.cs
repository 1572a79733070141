namespace Millrace.Contracts.Wire;

/// <summary>Carries the first fault of a body up to the reader's edge, where it becomes a <see cref="WireError"/>.</summary>
internal sealed class WireException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    public static WireException Invalid(string message) => new(ErrorCode.InvalidRequest, message);

    public static WireException Unreadable(string message) => new(ErrorCode.UnreadableBody, message);
}
