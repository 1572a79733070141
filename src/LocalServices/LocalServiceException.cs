namespace Millrace.LocalServices;

/// <summary>A private server could not be started: a program is missing, a port is taken, or the server gave up. The message says which.</summary>
public sealed class LocalServiceException : Exception
{
    /// <summary>Says what is wrong and what to do.</summary>
    public LocalServiceException(string message)
        : base(message)
    {
    }

    /// <summary>Says what is wrong and what to do, with the cause.</summary>
    public LocalServiceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
