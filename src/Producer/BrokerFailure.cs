using System.Net.Sockets;
using Millrace.Contracts.Tls;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer;

/// <summary>Tells the client library's failures apart by their types and codes, never by their texts.</summary>
internal static class BrokerFailure
{
    private const ushort NotAllowed = 530;
    private const ushort AccessRefused = 403;

    /// <summary>Whether an exception is about the broker or the way to it.</summary>
    public static bool IsOne(Exception exception) =>
        exception is RabbitMQClientException or IOException or SocketException or TimeoutException or ObjectDisposedException;

    /// <summary>Says what happened, and whether it may pass by itself.</summary>
    public static BrokerConnectionException Explain(BrokerAddress broker, Exception failure)
    {
        foreach (var cause in Causes(failure))
        {
            switch (cause)
            {
                case AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return new BrokerConnectionException(broker, "it refused the user or the password.", isTransient: false, failure);
                case OperationInterruptedException { ShutdownReason: { ReplyCode: NotAllowed or AccessRefused } reason }:
                    return new BrokerConnectionException(broker, $"it refused us: {reason.ReplyText}.", isTransient: false, failure);
                case BrokerCertificateException refused:
                    // It may be renewed over there: a client that was connected goes on trying, as with a broker that is away.
                    return new BrokerConnectionException(broker, $"{refused.Message}.", isTransient: true, failure);
                case SocketException socket:
                    return new BrokerConnectionException(broker, $"cannot be reached: {socket.Message}.", isTransient: true, failure);
            }
        }

        return new BrokerConnectionException(broker, $"cannot be reached: {Innermost(failure).Message}", isTransient: true, failure);
    }

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
            if (cause is AggregateException several)
            {
                foreach (var one in several.InnerExceptions.SelectMany(Causes))
                {
                    yield return one;
                }

                yield break;
            }
        }
    }

    private static Exception Innermost(Exception failure) => Causes(failure).Last();
}
