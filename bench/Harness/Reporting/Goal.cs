namespace Millrace.Bench.Reporting;

/// <summary>What is to be reached, or only known.</summary>
/// <param name="Title">What people call it.</param>
/// <param name="Unit">Of the value: "" for a ratio.</param>
/// <param name="Rounds">Takes it from the figures, by round; nothing where they do not hold it.</param>
/// <param name="AtLeast">The least that is good; null for none.</param>
/// <param name="AtMost">The most that is good; null for none.</param>
internal sealed record Goal(
    string Title, string Unit, Func<Figures, IReadOnlyDictionary<int, double>> Rounds, double? AtLeast = null, double? AtMost = null)
{
    /// <summary>Whether a value is good; null where nothing says what good is.</summary>
    public bool? IsReached(double value) => AtLeast is null && AtMost is null ? null : value >= (AtLeast ?? value) && value <= (AtMost ?? value);
}
