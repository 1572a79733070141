using System.Security.Authentication;

namespace Millrace.Contracts.Tls;

/// <summary>The server's certificate is not accepted: which fault it has, and how to mend that. Nothing was sent to the server, no credentials either.</summary>
internal sealed class BrokerCertificateException(string message, Exception? innerException = null) : AuthenticationException(message, innerException);
