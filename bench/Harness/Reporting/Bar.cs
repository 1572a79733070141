namespace Millrace.Bench.Reporting;

/// <summary>One bar of a chart.</summary>
/// <param name="Label">Before it.</param>
/// <param name="Parts">Its parts, and the number of each one's colour; none for a heading.</param>
internal sealed record Bar(string Label, IReadOnlyList<(double Value, int Colour)> Parts)
{
    public bool IsHeading => Parts.Count == 0;

    public double Total => Parts.Sum(part => part.Value);
}
