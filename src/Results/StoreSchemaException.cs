namespace Millrace.Results;

/// <summary>The store is reachable, but its schema or our rights on it are not what this program needs.</summary>
public sealed class StoreSchemaException : Exception
{
    /// <summary>Says what is wrong and what to do.</summary>
    public StoreSchemaException(string message)
        : base(message)
    {
    }

    /// <summary>Says what is wrong and what to do, with the store's own error.</summary>
    public StoreSchemaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
