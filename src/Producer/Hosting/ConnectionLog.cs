using Microsoft.Extensions.Logging;

namespace Millrace.Producer.Hosting;

/// <summary>Logs that a client's connection is lost, why it does not come back, and that it is there.</summary>
internal sealed partial class ConnectionLog(ILogger<MillraceClient> logger, string name, string broker)
{
    /// <summary>The connection is lost or failed for a reason, or, with null, there.</summary>
    public void Changed(BrokerConnectionException? reason)
    {
        if (reason is null)
        {
            LogConnected(name, broker);
        }
        else if (reason.IsTransient)
        {
            LogLost(name, reason.Message);
        }
        else
        {
            LogRefused(name, reason.Message);
        }
    }

    [LoggerMessage(EventId = 900, Level = LogLevel.Information, Message = "Client {Name}: connected to {Broker}")]
    private partial void LogConnected(string name, string broker);

    [LoggerMessage(EventId = 901, Level = LogLevel.Warning, Message = "Client {Name}: not connected, and trying again; calls wait, those under way are sent again as the same jobs. {Reason}")]
    private partial void LogLost(string name, string reason);

    [LoggerMessage(EventId = 902, Level = LogLevel.Error, Message = "Client {Name}: not connected, and calls fail until a call or a health check finds this mended. {Reason}")]
    private partial void LogRefused(string name, string reason);
}
