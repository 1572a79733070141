using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Millrace.Worker.Configuration;

/// <summary>
/// The first SIGTERM or SIGINT stops the worker in order (Host); the second ends it at once. Nothing is lost by that: what is not
/// committed is not acked either.
/// </summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public SecondSignal() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _signals) < 2)
        {
            return;
        }

        Console.Error.WriteLine("millrace: second signal, ending at once; jobs without a row stay with the broker");
        // Not Environment.Exit, which waits for whatever else hears of the end.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
