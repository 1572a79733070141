namespace Millrace.Scoring.Labels;

/// <summary>How near predictions were to their labels.</summary>
internal sealed class LabelScore
{
    private ScaledSum _absolute;
    private ScaledSum _squared;
    private ScaledSum _spread;
    private double _mean;

    /// <summary>Rows compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose label was predicted; of numbers, none are counted.</summary>
    public long Hits { get; private set; }

    /// <summary>The mean of the absolute errors; infinity where no double is that large.</summary>
    public double MeanAbsoluteError => _absolute.Mean(Rows);

    /// <summary>The root of the mean of the squared errors; infinity where no double is that large.</summary>
    public double RootMeanSquaredError => _squared.RootOfMean(Rows);

    /// <summary>
    /// R², 1 less the squared errors' part of the labels' squared distances from their mean. Null where all labels are the same, one
    /// label for example: then they have no distances, and R² is not defined. Minus infinity where no double is that small.
    /// </summary>
    public double? RSquared => _spread.IsZero ? null : 1 - _squared.Over(_spread);

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
        // Of halves: the difference of two doubles may be none.
        var half = label / 2;
        var error = (prediction / 2) - half;
        _absolute.AddProduct(Math.Abs(error), 2, exponent: 0);
        _squared.AddProduct(error, error, exponent: 2);
        // Welford's: the mean and the squared distances from it in one pass, without the difference of two large sums.
        var distance = half - _mean;
        _mean += distance / Rows;
        _spread.AddProduct(distance, half - _mean, exponent: 2);
    }
}
