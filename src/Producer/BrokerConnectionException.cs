namespace Millrace.Producer;

/// <summary>The broker could not be reached, refused us, or the connection was lost and did not come back in time.</summary>
public sealed class BrokerConnectionException : Exception
{
    internal BrokerConnectionException(BrokerAddress broker, string reason, bool isTransient, Exception? innerException = null)
        : base($"Broker {broker}: {reason}", innerException)
    {
        Broker = broker.ToString();
        IsTransient = isTransient;
    }

    /// <summary>Scheme, host, port and virtual host of the broker; never a user or a password.</summary>
    public string Broker { get; }

    /// <summary>Whether the same call may succeed later with nothing changed by the caller.</summary>
    public bool IsTransient { get; }

    /// <summary>Whether the connection is open, and the broker has only not answered within the time of the call.</summary>
    internal bool IsLate { get; init; }
}
