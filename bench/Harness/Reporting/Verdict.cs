namespace Millrace.Bench.Reporting;

/// <summary>What a run says of a goal.</summary>
/// <param name="Goal">The goal.</param>
/// <param name="Rounds">What each round gave, in their order.</param>
internal sealed record Verdict(Goal Goal, IReadOnlyList<double> Rounds)
{
    public Spread Spread { get; } = new(Rounds);

    public bool? IsReached => Goal.IsReached(Spread.Median);

    public string Limit => (Goal.AtLeast, Goal.AtMost) switch
    {
        ({ } least, _) => $"≥ {Text(least)}",
        (_, { } most) => $"≤ {Text(most)}",
        _ => "",
    };

    /// <summary>All goals that the figures say something of.</summary>
    public static IReadOnlyList<Verdict> Of(Figures figures) =>
        [.. GoalList.All.Select(goal => (Goal: goal, Rounds: goal.Rounds(figures))).Where(pair => pair.Rounds.Count > 0)
            .Select(pair => new Verdict(pair.Goal, [.. pair.Rounds.Values]))];

    public string Text(double value) => Number.Text(value) + (Goal.Unit.Length > 0 ? " " + Goal.Unit : "");
}
