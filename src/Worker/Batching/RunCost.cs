namespace Millrace.Worker.Batching;

/// <summary>
/// Which part of a run's time its rows are the cause of: the slope of a line through the last runs (least squares), the older ones counting
/// less. For one thread at a time.
/// </summary>
internal sealed class RunCost
{
    // Five runs or so.
    private const double Kept = 0.8;

    // Runs of much the same size say nothing of a slope: their spread must be a fifth of the mean.
    private const double LeastVariance = 0.2 * 0.2;

    // Nothing is for nothing, and it is divided by.
    private const double LeastShare = 0.01;

    private double _runs;
    private double _rows;
    private double _seconds;
    private double _rowsSquared;
    private double _rowSeconds;

    /// <summary>What a row adds to a run over what a row of a run takes in the mean: 1 where runs take time by their rows alone, and until more is known.</summary>
    public double RowShare { get; private set; } = 1;

    public void Add(int rows, double seconds)
    {
        _runs = (_runs * Kept) + 1;
        _rows = (_rows * Kept) + rows;
        _seconds = (_seconds * Kept) + seconds;
        _rowsSquared = (_rowsSquared * Kept) + ((double)rows * rows);
        _rowSeconds = (_rowSeconds * Kept) + (rows * seconds);
        var variance = (_runs * _rowsSquared) - (_rows * _rows);
        if (variance >= LeastVariance * _rows * _rows)
        {
            var slope = ((_runs * _rowSeconds) - (_rows * _seconds)) / variance;
            RowShare = Math.Clamp(slope * _rows / _seconds, LeastShare, 1);
        }
    }
}
