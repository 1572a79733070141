using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer;

namespace Millrace.TestKit;

/// <summary>Answers jobs by a function, in whatever order its tasks end.</summary>
internal sealed class ScriptedTransport(Func<PredictionJob, CancellationToken, Task<PredictionResult>> answer) : IJobTransport
{
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>The jobs that came, in their order.</summary>
    public List<OutgoingJob> Jobs { get; } = [];

    /// <summary>The most that were under way at once.</summary>
    public int MostInFlight => _mostInFlight;

    public async Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        lock (Jobs)
        {
            Jobs.Add(job);
            _mostInFlight = Math.Max(_mostInFlight, ++_inFlight);
        }

        try
        {
            if (!TryRead(job.Body, out var request, out var error))
            {
                throw new InvalidDataException(error.Message);
            }

            var result = await answer(request, cancellationToken);
            return job.Body.HeaderLength is null ? OipFormat.WriteResult(result) : OipFormat.WriteBinaryResult(result);
        }
        finally
        {
            lock (Jobs)
            {
                _inFlight--;
            }
        }
    }

    public Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken) => RequestAsync(job, cancellationToken);

    public ValueTask DisposeAsync() => default;

    private static bool TryRead(WireBody body, out PredictionJob job, out WireError error) => body.HeaderLength is { } length
        ? OipFormat.TryReadBinaryJob(body.Bytes, length, new WireLimits(), out job, out error)
        : OipFormat.TryReadJob(body.Bytes, new WireLimits(), out job, out error);
}
