namespace Millrace.Results;

/// <summary>Somebody else has held the lock of the store's migrations for longer than was to be waited.</summary>
public sealed class StoreLockedException : Exception
{
    /// <summary>Says who holds it and what to do.</summary>
    public StoreLockedException(string message)
        : base(message)
    {
    }
}
