namespace Millrace.Faults;

/// <summary>A promise that was broken.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="What">For whom.</param>
internal sealed record Violation(ViolationKind Kind, string What)
{
    public override string ToString() => $"{Kind}: {What}";
}
