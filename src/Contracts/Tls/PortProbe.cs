using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Millrace.Contracts.Tls;

/// <summary>
/// Finds out, once a connection has failed, whether the port speaks the other of AMQP and TLS: an AMQP client at a port for TLS, and the
/// other way round, only see the line drop. Sends no credentials.
/// </summary>
internal static class PortProbe
{
    private const byte MethodFrame = 1;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private static readonly byte[] s_protocolHeader = [(byte)'A', (byte)'M', (byte)'Q', (byte)'P', 0, 0, 9, 1];

    /// <summary>Whether an attempt to connect has failed in a way that a wrong scheme may be the reason of: somebody was there and hung up.</summary>
    public static bool IsWorthwhile(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is (AuthenticationException and not BrokerCertificateException) or EndOfStreamException
                or SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is wrong with the scheme of an address that could not be connected to; null where nothing is known to be.</summary>
    /// <param name="broker">The address, <c>amqp</c> or <c>amqps</c>.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string?> FindWrongSchemeAsync(Uri broker, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            if (broker.Scheme == "amqps")
            {
                return await SpeaksAmqpAsync(broker.IdnHost, port, limit.Token).ConfigureAwait(false)
                    ? $"port {port} speaks AMQP without TLS, and amqps is AMQP over TLS: name the broker's port for TLS, usually 5671"
                    : null;
            }

            return await SpeaksTlsAsync(broker.IdnHost, port, limit.Token).ConfigureAwait(false)
                ? $"port {port} speaks TLS, and amqp is AMQP without it: write amqps"
                : null;
        }
        catch (Exception fault) when (fault is SocketException or IOException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not reachable now: that is told already.
            return null;
        }
    }

    private static async Task<bool> SpeaksAmqpAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        await client.GetStream().WriteAsync(s_protocolHeader, cancellationToken).ConfigureAwait(false);
        var answer = new byte[1];
        return await client.GetStream().ReadAsync(answer, cancellationToken).ConfigureAwait(false) == 1 && answer[0] is MethodFrame or (byte)'A';
    }

    private static async Task<bool> SpeaksTlsAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        var hasCertificate = false;
        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
        {
            hasCertificate = certificate is not null;
            // Nothing is to be said to it: to have been shown a certificate was all.
            return false;
        });
        await using var closing = stream.ConfigureAwait(false);
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException)
        {
            // As it must.
        }

        return hasCertificate;
    }
}
