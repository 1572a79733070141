using System.Net;
using System.Net.Sockets;

namespace Millrace.Faults;

/// <summary>A way to a server on 127.0.0.1 that can be reset, stalled and slowed down.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Line> _lines = [];
    private readonly Task _accepting;
    private readonly int _port;
    private int _taken;

    public TcpProxy(int port)
    {
        _port = port;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port { get; }

    /// <summary>Connections that were taken so far.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>How long every piece of data waits here.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>What new connections are answered with, and then closed, in place of a way to the server; null for none.</summary>
    public byte[]? Answer { get; set; }

    /// <summary>Connections that are there and not stalled.</summary>
    public int Connections
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count(line => line is { IsStalled: false, IsEnded: false });
            }
        }
    }

    /// <summary>Resets (RST) every connection that there is; new ones are taken.</summary>
    public void Reset()
    {
        lock (_lines)
        {
            _lines.ForEach(line => line.Close());
            _lines.Clear();
        }
    }

    /// <summary>Lets nothing through any more, either way, on the connections that there are: half-open ones. New ones are taken.</summary>
    public void Stall()
    {
        lock (_lines)
        {
            _lines.ForEach(line => line.IsStalled = true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Reset();
        await _accepting;
        // Not before: a listener that was stopped cannot be asked to accept.
        _listener.Stop();
        Reset();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _taken);
                await ConnectAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        if (Answer is { } answer)
        {
            _ = AnswerAsync(client, answer);
            return;
        }

        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var line = new Line(client, server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port, _end.Token);
        }
        catch (SocketException)
        {
            // The server is away, and whoever connects here shall see it.
            line.Close();
            return;
        }

        lock (_lines)
        {
            _lines.RemoveAll(old => old.IsEnded);
            _lines.Add(line);
        }

        _ = CopyAsync(line, client, server);
        _ = CopyAsync(line, server, client);
    }

    /// <summary>Answers whatever is said first.</summary>
    private async Task AnswerAsync(Socket client, byte[] answer)
    {
        using (client)
        {
            try
            {
                await client.ReceiveAsync(new byte[1024], _end.Token);
                await client.SendAsync(answer, _end.Token);
                client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Whoever connected has gone.
            }
        }
    }

    private async Task CopyAsync(Line line, Socket from, Socket to)
    {
        var buffer = new byte[64 << 10];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer, _end.Token)) > 0;)
            {
                if (Latency > TimeSpan.Zero)
                {
                    await Task.Delay(Latency, _end.Token);
                }

                if (line.IsStalled)
                {
                    // Neither read nor closed: only its own heartbeats tell a peer.
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, count), _end.Token);
            }

            if (!line.IsStalled)
            {
                line.Close();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side has gone, and with it the other; a stalled one goes unseen.
            if (!line.IsStalled)
            {
                line.Close();
            }
        }
    }

    private sealed class Line(Socket client, Socket server)
    {
        public volatile bool IsStalled;

        public volatile bool IsEnded;

        public void Close()
        {
            IsEnded = true;
            client.Close(timeout: 0);
            server.Close(timeout: 0);
        }
    }
}
