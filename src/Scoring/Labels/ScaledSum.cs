namespace Millrace.Scoring.Labels;

/// <summary>
/// A sum of products that a double may be too small or too large for: 1e300 squared is none. A power of two is kept beside the digits, and scaling
/// by powers of two rounds nothing.
/// </summary>
internal struct ScaledSum
{
    private double _digits;
    private int _exponent;

    /// <summary>Whether nothing, or only nothings, were added.</summary>
    public readonly bool IsZero => _digits == 0;

    /// <summary>Adds <c>left · right · 2^exponent</c>.</summary>
    public void AddProduct(double left, double right, int exponent)
    {
        if (left == 0 || right == 0)
        {
            return;
        }

        var (leftExponent, rightExponent) = (Math.ILogB(left), Math.ILogB(right));
        var digits = Math.ScaleB(left, -leftExponent) * Math.ScaleB(right, -rightExponent);
        exponent += leftExponent + rightExponent;
        if (IsZero || exponent > _exponent)
        {
            _digits = IsZero ? 0 : Math.ScaleB(_digits, _exponent - exponent);
            _exponent = exponent;
        }

        _digits += Math.ScaleB(digits, exponent - _exponent);
    }

    /// <summary>The mean of so many; infinity where no double is that large.</summary>
    public readonly double Mean(long count) => Math.ScaleB(_digits / count, _exponent);

    /// <summary>The root of the mean of so many.</summary>
    public readonly double RootOfMean(long count)
    {
        var odd = _exponent & 1;
        return Math.ScaleB(Math.Sqrt(Math.ScaleB(_digits / count, odd)), (_exponent - odd) / 2);
    }

    /// <summary>This sum's part of another one; infinity where no double is that large.</summary>
    public readonly double Over(ScaledSum other) => Math.ScaleB(_digits / other._digits, _exponent - other._exponent);
}
