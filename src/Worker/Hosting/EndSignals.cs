using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Millrace.Worker.Hosting;

/// <summary>
/// The first SIGTERM or SIGINT stops the worker in order; the second ends it at once, and so does the first while the models load, when
/// there is nothing to finish. Nothing is lost by that: what is not committed is not acked either.
/// </summary>
internal sealed class EndSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private IHostApplicationLifetime? _lifetime;
    private int _signals;

    public EndSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Says that there is something to end in order from now on.</summary>
    public void StopInOrder(IHostApplicationLifetime lifetime) => Volatile.Write(ref _lifetime, lifetime);

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        // The default would run the process's own end, and with it the end of ONNX Runtime, under whatever uses it.
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            if (Volatile.Read(ref _lifetime) is { } lifetime)
            {
                lifetime.StopApplication();
            }
            else
            {
                Console.Error.WriteLine("millrace: told to stop before the start was over");
                ProcessEnd.Now(ExitCode.Ok);
            }

            return;
        }

        Console.Error.WriteLine("millrace: second signal, ending at once; jobs without a row stay with the broker");
        // Not Environment.Exit, which waits for whatever else hears of the end.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
