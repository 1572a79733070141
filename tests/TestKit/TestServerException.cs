namespace Millrace.TestKit;

/// <summary>There is no server to run tests on; the message says how to give one.</summary>
public sealed class TestServerException : Exception
{
    /// <summary>Says what was tried.</summary>
    public TestServerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
