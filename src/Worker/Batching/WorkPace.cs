using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Batching;

/// <summary>
/// Measures how fast a model's sessions work: over the last second or so of their work, however long ago that was. An idle session says
/// nothing about it.
/// </summary>
internal sealed class WorkPace
{
    // What is older than so much work counts little: a model slows down and speeds up with the inputs that it gets.
    private const double MemorySeconds = 1;

    // A batch that takes less is far from what a window of seconds is for.
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly RunCost _cost = new();
    private readonly Sums[] _lanes = new Sums[2];
    private double _seconds;
    private double _rows;

    /// <summary>Takes a batch that a session was busy with, whatever came of it. From any thread.</summary>
    public void Add(Batch batch, TimeSpan busy)
    {
        Span<Sums> added = stackalloc Sums[2];
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            ref var lane = ref added[IndexOf(slice.Job.Lane)];
            // Of a job that is split over batches, a part.
            var share = (double)slice.Rows / slice.Job.RowCount;
            lane.Jobs += share;
            lane.Rows += slice.Rows;
            lane.Bytes += share * slice.Job.HeldBytes;
        }

        var kept = Math.Exp(-busy.TotalSeconds / MemorySeconds);
        lock (_gate)
        {
            _seconds = (_seconds * kept) + busy.TotalSeconds;
            _rows = (_rows * kept) + batch.Rows;
            if (busy >= s_slow)
            {
                _cost.Add(batch.Rows, busy.TotalSeconds);
            }

            for (var i = 0; i < _lanes.Length; i++)
            {
                if (added[i].Jobs > 0)
                {
                    // A lane that has no job in the batch keeps what its jobs were like.
                    _lanes[i].Jobs = (_lanes[i].Jobs * kept) + added[i].Jobs;
                    _lanes[i].Rows = (_lanes[i].Rows * kept) + added[i].Rows;
                    _lanes[i].Bytes = (_lanes[i].Bytes * kept) + added[i].Bytes;
                }
            }
        }
    }

    /// <summary>The rate for a lane's jobs; null before the first of them has run.</summary>
    public WorkRate? RateOf(Lane lane)
    {
        lock (_gate)
        {
            var sums = _lanes[IndexOf(lane)];
            return sums.Jobs > 0 && _seconds > 0
                ? new WorkRate(_rows / _seconds, _cost.RowShare * _seconds / _rows, sums.Rows / sums.Jobs, sums.Bytes / sums.Jobs)
                : null;
        }
    }

    private static int IndexOf(Lane lane) => lane == Lane.Bulk ? 1 : 0;

    private record struct Sums(double Jobs, double Rows, double Bytes);
}

/// <summary>How fast a model works, and how large a lane's jobs are.</summary>
/// <param name="RowsPerSecond">Of one session while it is busy, jobs of both lanes.</param>
/// <param name="AddedRowSeconds">What one row more adds to a run: less than a row's share where a run costs much whatever its rows.</param>
/// <param name="RowsPerJob">Of the lane's jobs.</param>
/// <param name="BytesPerJob">Of the lane's bodies.</param>
internal readonly record struct WorkRate(double RowsPerSecond, double AddedRowSeconds, double RowsPerJob, double BytesPerJob);
