using Millrace.Results;

namespace Millrace.Cli.Services;

/// <summary>The store could not be reached, opened or used.</summary>
internal sealed class StoreUnreachableException : Exception
{
    private StoreUnreachableException(StoreFault fault, Exception innerException)
        : base(fault.Kind == StoreFaultKind.NoRoom ? fault.Reason : $"store {fault.Reason}", innerException) => Kind = fault.Kind;

    /// <summary>About what it failed.</summary>
    public StoreFaultKind Kind { get; }

    /// <summary>With what the store says of it.</summary>
    public static StoreUnreachableException Of(IResultStore store, Exception failure) => new(store.Explain(failure), failure);
}
