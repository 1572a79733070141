namespace Millrace.Results.Postgres;

/// <summary>
/// Rows in the order of their job ids, each id once. Two workers that commit overlapping jobs insert them in the same order then, so
/// neither waits for a row that the other holds while holding one that it waits for.
/// </summary>
internal sealed class CommitOrder
{
    private readonly IReadOnlyList<ResultRow> _rows;
    private readonly int[] _order;

    private CommitOrder(IReadOnlyList<ResultRow> rows, int[] order, ReadOnlyMemory<ResultRow> distinct)
    {
        _rows = rows;
        _order = order;
        Distinct = distinct;
    }

    /// <summary>The rows to insert: of those with the same id, the first.</summary>
    public ReadOnlyMemory<ResultRow> Distinct { get; }

    public static CommitOrder Of(IReadOnlyList<ResultRow> rows)
    {
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => rows[a].JobId.CompareTo(rows[b].JobId) is not 0 and var byId ? byId : a - b);
        var distinct = new ResultRow[order.Length];
        var count = 0;
        foreach (var i in order)
        {
            if (count == 0 || distinct[count - 1].JobId != rows[i].JobId)
            {
                distinct[count++] = rows[i];
            }
        }

        return new CommitOrder(rows, order, distinct.AsMemory(0, count));
    }

    /// <summary>The places of the rows that were not inserted themselves.</summary>
    /// <param name="inserted">The ids of those that were; null for all of <see cref="Distinct"/>.</param>
    public IReadOnlyList<int> WithoutFirst(HashSet<Guid>? inserted)
    {
        var places = new List<int>();
        for (var i = 0; i < _order.Length; i++)
        {
            var id = _rows[_order[i]].JobId;
            var isFirst = i == 0 || _rows[_order[i - 1]].JobId != id;
            if (!isFirst || inserted?.Contains(id) == false)
            {
                places.Add(_order[i]);
            }
        }

        return places;
    }
}
