namespace Millrace.Producer.DeadLetters;

/// <summary>Dead letters of one reason and one queue, counted.</summary>
internal sealed class DeadLetterGroup(string reason, string? queue)
{
    /// <summary>Why they died.</summary>
    public string Reason { get; } = reason;

    /// <summary>The queue that they died in; null where nothing says so.</summary>
    public string? Queue { get; } = queue;

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>When the first of them died (UTC); null where none says so.</summary>
    public DateTimeOffset? First { get; private set; }

    /// <summary>When the last of them died (UTC); null where none says so.</summary>
    public DateTimeOffset? Last { get; private set; }

    /// <summary>Counts dead letters by reason and queue; the largest group comes first.</summary>
    public static async Task<IReadOnlyList<DeadLetterGroup>> CountAsync(IAsyncEnumerable<DeadLetter> letters)
    {
        var groups = new Dictionary<(string Reason, string? Queue), DeadLetterGroup>();
        await foreach (var letter in letters.ConfigureAwait(false))
        {
            if (!groups.TryGetValue((letter.Reason, letter.Queue), out var group))
            {
                groups.Add((letter.Reason, letter.Queue), group = new DeadLetterGroup(letter.Reason, letter.Queue));
            }

            group.Add(letter);
        }

        return [.. groups.Values.OrderByDescending(group => group.Count).ThenBy(group => group.Reason, StringComparer.Ordinal).ThenBy(group => group.Queue, StringComparer.Ordinal)];
    }

    private void Add(DeadLetter letter)
    {
        Count++;
        First = letter.DiedAt < First ? letter.DiedAt : First ?? letter.DiedAt;
        Last = letter.DiedAt > Last ? letter.DiedAt : Last ?? letter.DiedAt;
    }
}
