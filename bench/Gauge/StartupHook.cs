using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime;

/// <summary>
/// What .NET calls before a program's Main where DOTNET_STARTUP_HOOKS names this assembly: so the worker is measured as it ships, and asks
/// nothing of its own. A thread answers each connection to the socket <c>BENCH_GAUGE</c> with the bytes allocated so far and the time that .NET
/// has compiled for, in ticks of 100 ns, and sleeps else.
/// </summary>
#pragma warning disable CA1050, MA0047, RCS1110 // .NET looks for the class by this name and in no namespace.
internal static class StartupHook
#pragma warning restore CA1050, MA0047, RCS1110
{
    /// <summary>Begins to listen.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("BENCH_GAUGE") is not { Length: > 0 } path)
        {
            return;
        }

        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        new Thread(() => Answer(listener)) { IsBackground = true, Name = "Gauge" }.Start();
    }

    private static void Answer(Socket listener)
    {
        var answer = new byte[2 * sizeof(long)];
        while (true)
        {
            using var asker = listener.Accept();
            BinaryPrimitives.WriteInt64LittleEndian(answer, GC.GetTotalAllocatedBytes(precise: true));
            BinaryPrimitives.WriteInt64LittleEndian(answer.AsSpan(sizeof(long)), JitInfo.GetCompilationTime().Ticks);
            asker.Send(answer);
        }
    }
}
