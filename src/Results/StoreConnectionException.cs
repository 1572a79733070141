namespace Millrace.Results;

/// <summary>No connection to the store could be opened. Whatever the cause, it says nothing about what the call was to do.</summary>
public sealed class StoreConnectionException : Exception
{
    /// <summary>With why, and the store's own error.</summary>
    public StoreConnectionException(StoreFault fault, Exception innerException)
        : base((fault ?? throw new ArgumentNullException(nameof(fault))).Reason, innerException) => Fault = fault;

    /// <summary>Why.</summary>
    public StoreFault Fault { get; }
}
