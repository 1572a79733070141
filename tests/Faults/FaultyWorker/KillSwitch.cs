using System.Diagnostics;
using System.Diagnostics.Metrics;
using Millrace.Worker.Observability;
using RabbitMQ.Client;

namespace Millrace.FaultyWorker;

/// <summary>
/// Ends the process with SIGKILL at the n-th passage of a point. Points inside the worker are told by what it says to the outside: the
/// activity that RabbitMQ's client starts for a delivery, and the worker's own instruments, which are called on the thread that they measure.
/// </summary>
internal sealed class KillSwitch : IDisposable
{
    private readonly Fault _fault;
    private readonly ActivityListener _deliveries;
    private readonly MeterListener _runs;
    private int _passages;

    public KillSwitch(Fault fault)
    {
        _fault = fault;
        _deliveries = new ActivityListener
        {
            ShouldListenTo = source => fault.KillAt == FaultPoint.AfterDequeue && source.Name == RabbitMQActivitySource.SubscriberSourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStarted = activity =>
            {
                if (activity.Kind == ActivityKind.Consumer)
                {
                    Pass(FaultPoint.AfterDequeue);
                }
            },
        };
        ActivitySource.AddActivityListener(_deliveries);
        _runs = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == WorkerMetrics.MeterName && instrument.Name == "millrace.batch.rows")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _runs.SetMeasurementEventCallback<int>((_, _, _, _) => Pass(FaultPoint.AfterRun));
        _runs.Start();
    }

    /// <summary>Says that a point is passed. Does not return where it is the one to end at.</summary>
    public void Pass(FaultPoint point)
    {
        if (point != _fault.KillAt || Interlocked.Increment(ref _passages) != _fault.Passage)
        {
            return;
        }

        Console.Error.WriteLine($"fault: killed {point}, passage {_fault.Passage}");
        Process.GetCurrentProcess().Kill();
        // The signal is on its way, and nothing may happen after the point.
        Thread.CurrentThread.Join();
    }

    public void Dispose()
    {
        _deliveries.Dispose();
        _runs.Dispose();
    }
}
