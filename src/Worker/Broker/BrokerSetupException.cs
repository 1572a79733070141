namespace Millrace.Worker.Broker;

/// <summary>The broker is reachable, but what is set up there is not what the worker needs. Trying again changes nothing.</summary>
internal sealed class BrokerSetupException(string message, Exception innerException) : Exception(message, innerException);
