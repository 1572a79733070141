namespace Millrace.Bench.Reporting;

/// <summary>All that was measured, by round.</summary>
internal sealed class Figures
{
    private readonly Dictionary<FigureKey, SortedDictionary<int, double>> _figures = [];
    private readonly List<FigureKey> _order = [];

    /// <summary>What was measured, in the order in which it first was.</summary>
    public IReadOnlyList<FigureKey> Keys => _order;

    /// <summary>How many rounds there were; of a run that was stopped, the last may be a part of one.</summary>
    public int RoundCount { get; set; }

    /// <exception cref="ArgumentException">The round has one already.</exception>
    public void Add(FigureKey key, int round, double value)
    {
        if (!_figures.TryGetValue(key, out var rounds))
        {
            _figures.Add(key, rounds = []);
            _order.Add(key);
        }

        rounds.Add(round, value);
    }

    /// <summary>A figure by round; nothing where it was not measured.</summary>
    public IReadOnlyDictionary<int, double> Rounds(FigureKey key) => _figures.TryGetValue(key, out var rounds) ? rounds : new SortedDictionary<int, double>();

    /// <summary>The median of those rounds that were measured.</summary>
    /// <exception cref="KeyNotFoundException">None was.</exception>
    public double Median(FigureKey key) => new Spread(_figures[key].Values).Median;
}
