namespace Millrace.Scoring.Labels;

/// <summary>How near predictions were to their labels.</summary>
internal sealed class LabelScore
{
    private double _absolute;
    private double _squared;
    private double _mean;
    private double _spread;

    /// <summary>Rows compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose label was predicted; of numbers, none are counted.</summary>
    public long Hits { get; private set; }

    /// <summary>The mean of the absolute errors.</summary>
    public double MeanAbsoluteError => _absolute / Rows;

    /// <summary>The root of the mean of the squared errors.</summary>
    public double RootMeanSquaredError => Math.Sqrt(_squared / Rows);

    /// <summary>
    /// R², 1 less the squared errors' part of the labels' squared distances from their mean. Null where all labels are the same, one
    /// label for example: then they have no distances, and R² is not defined.
    /// </summary>
    public double? RSquared => _spread > 0 ? 1 - (_squared / _spread) : null;

    /// <summary>Counts a class.</summary>
    public void Add(bool isHit)
    {
        Rows++;
        Hits += isHit ? 1 : 0;
    }

    /// <summary>Counts a number.</summary>
    public void Add(double label, double prediction)
    {
        Rows++;
        var error = prediction - label;
        _absolute += Math.Abs(error);
        _squared += error * error;
        // Welford's: the mean and the squared distances from it in one pass, without the difference of two large sums.
        var distance = label - _mean;
        _mean += distance / Rows;
        _spread += distance * (label - _mean);
    }
}
