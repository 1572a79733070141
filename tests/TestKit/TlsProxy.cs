using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.TestKit;

/// <summary>
/// TLS in front of a broker that has none: shows whatever certificate a test wants, and counts what clients send behind the handshake. Who
/// refuses the certificate sends nothing.
/// </summary>
public sealed class TlsProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _sockets = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile X509Certificate2 _certificate;
    private int _connections;
    private int _refused;
    private long _receivedBytes;

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    /// <param name="broker">Where it leads to.</param>
    /// <param name="certificate">What it shows.</param>
    public TlsProxy(Uri broker, X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(broker);
        (_host, _port, _certificate) = (broker.Host, broker.Port, certificate);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Uri = new UriBuilder(broker) { Scheme = "amqps", Host = "localhost", Port = Port }.Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The broker through it: <c>amqps</c>, at <c>localhost</c>.</summary>
    public Uri Uri { get; }

    /// <summary>Connections that were made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections whose client ended them without sending anything behind the handshake.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Bytes that clients have sent behind their handshakes.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    /// <summary>Shows another certificate from now on, cuts all connections, and counts from zero.</summary>
    public void Show(X509Certificate2 certificate)
    {
        _certificate = certificate;
        Cut();
        Interlocked.Exchange(ref _receivedBytes, 0);
        Interlocked.Exchange(ref _refused, 0);
        Interlocked.Exchange(ref _connections, 0);
    }

    /// <summary>Ends it and all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Cut();
        await _accepting;
        // Not before: a listener that was stopped cannot be asked to accept.
        _listener.Stop();
        Cut();
        _end.Dispose();
    }

    private void Cut()
    {
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Close(timeout: 0));
            _sockets.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                _ = ServeAsync(client, _certificate);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy ended.
        }
    }

    private async Task ServeAsync(Socket client, X509Certificate2 certificate)
    {
        Interlocked.Increment(ref _connections);
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        lock (_sockets)
        {
            _sockets.AddRange([client, server]);
        }

        var received = 0L;
        try
        {
            await using var secured = new SslStream(new NetworkStream(client));
            await secured.AuthenticateAsServerAsync(certificate);
            var buffer = new byte[16 << 10];
            Task? answering = null;
            for (int count; (count = await secured.ReadAsync(buffer, _end.Token)) > 0;)
            {
                received += count;
                if (ReferenceEquals(certificate, _certificate))
                {
                    Interlocked.Add(ref _receivedBytes, count);
                }

                if (answering is null)
                {
                    await server.ConnectAsync(_host, _port, _end.Token);
                    answering = AnswerAsync(server, secured);
                }

                await server.SendAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException or OperationCanceledException)
        {
            // One of the two hung up.
        }
        finally
        {
            if (received == 0 && ReferenceEquals(certificate, _certificate))
            {
                Interlocked.Increment(ref _refused);
            }

            client.Dispose();
            server.Dispose();
        }
    }

    private async Task AnswerAsync(Socket server, SslStream client)
    {
        var buffer = new byte[16 << 10];
        try
        {
            for (int count; (count = await server.ReceiveAsync(buffer, _end.Token)) > 0;)
            {
                await client.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two hung up.
        }
    }
}
