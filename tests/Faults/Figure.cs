using System.Globalization;

namespace Millrace.Faults;

/// <summary>The worst of a figure, which must stay on one side of its limit.</summary>
/// <param name="Worst">The worst so far.</param>
/// <param name="Limit">What it must not pass.</param>
/// <param name="Unit">Of both.</param>
/// <param name="AtLeast">Whether it must reach the limit, not stay under it.</param>
/// <param name="Count">How often it was taken.</param>
internal sealed record Figure(double Worst, double Limit, string Unit, bool AtLeast, int Count)
{
    public bool Holds => AtLeast ? Worst >= Limit : Worst <= Limit;

    /// <summary>The figure with one value more.</summary>
    public Figure With(double value) => this with { Worst = AtLeast ? Math.Min(Worst, value) : Math.Max(Worst, value), Count = Count + 1 };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Worst:0.##} {Unit} ({(AtLeast ? "at least" : "at most")} {Limit:0.##}{(Count > 1 ? $", of {Count}" : "")})");
}
