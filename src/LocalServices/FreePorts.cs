using System.Net;
using System.Net.Sockets;

namespace Millrace.LocalServices;

/// <summary>Ports on 127.0.0.1. One that is free may be taken a moment later: who starts a server on it must look at what came of it.</summary>
internal static class FreePorts
{
    /// <summary>That many free ports, no two the same.</summary>
    public static int[] Find(int count)
    {
        var listeners = new TcpListener[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                listeners[i] = new TcpListener(IPAddress.Loopback, 0);
                listeners[i].Start();
            }

            return Array.ConvertAll(listeners, listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener?.Dispose();
            }
        }
    }

    /// <summary>Whether somebody listens there.</summary>
    public static bool IsTaken(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return true;
        }
    }

    /// <summary>Refuses a port that the caller chose and somebody has.</summary>
    /// <exception cref="LocalServiceException">Somebody listens there.</exception>
    public static void RequireFree(int? port, string server)
    {
        if (port is { } chosen && IsTaken(chosen))
        {
            throw new LocalServiceException($"{server} cannot have port {chosen}: another program listens there. Choose another port.");
        }
    }
}
