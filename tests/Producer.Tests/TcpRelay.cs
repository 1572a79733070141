using System.Net;
using System.Net.Sockets;

namespace Millrace.Producer.Tests;

/// <summary>Stands between a client and a server, and cuts the line when told to.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _held;

    public TcpRelay(string host, int port)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(host, port);
    }

    /// <summary>The port to connect to.</summary>
    public int Port { get; }

    /// <summary>Cuts every connection that there is; new ones are taken.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (var socket in _sockets)
            {
                socket.Close(timeout: 0);
            }

            _sockets.Clear();
        }
    }

    /// <summary>Holds back what the server answers from now on.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the held answers through.</summary>
    public void Release()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

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

    private async Task AcceptAsync(string host, int port)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(host, port, _end.Token);
                lock (_sockets)
                {
                    _sockets.AddRange([client, server]);
                }

                _ = CopyAsync(client, server, () => Task.CompletedTask);
                _ = CopyAsync(server, client, () => _held?.Task ?? Task.CompletedTask);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay ended.
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, Func<Task> open)
    {
        var buffer = new byte[16 << 10];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer)) > 0;)
            {
                await open();
                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
