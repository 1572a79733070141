namespace Millrace.Worker.Batching;

/// <summary>How fast a model works, and how large a lane's jobs are.</summary>
/// <param name="RowsPerSecond">Of one session while it is busy, jobs of both lanes.</param>
/// <param name="AddedRowSeconds">What one row more adds to a run: less than a row's share where a run costs much whatever its rows.</param>
/// <param name="RowsPerJob">Of the lane's jobs.</param>
/// <param name="BytesPerJob">Of the lane's bodies.</param>
internal readonly record struct WorkRate(double RowsPerSecond, double AddedRowSeconds, double RowsPerJob, double BytesPerJob);
