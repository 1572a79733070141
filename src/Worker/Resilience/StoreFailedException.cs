using Millrace.Results;

namespace Millrace.Worker.Resilience;

/// <summary>The store takes no rows and is not waited for any longer: a command cannot wait for somebody to make room.</summary>
public sealed class StoreFailedException : Exception
{
    /// <summary>With what the store says, and its own error.</summary>
    public StoreFailedException(StoreFault fault, Exception innerException)
        : base((fault ?? throw new ArgumentNullException(nameof(fault))).Reason, innerException) => Kind = fault.Kind;

    /// <summary>About what it failed.</summary>
    public StoreFaultKind Kind { get; }
}
