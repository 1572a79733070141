namespace Millrace.Producer.Cli;

/// <summary>The store could not be reached, opened or used.</summary>
internal sealed class StoreUnreachableException(string store, Exception innerException)
    : Exception($"store {store}: {innerException.Message}", innerException);
