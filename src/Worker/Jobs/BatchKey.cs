namespace Millrace.Worker.Jobs;

/// <summary>
/// What jobs must share to be rows of one batch, beside the model version that a batcher belongs to and the dtypes that the model
/// fixes: every dimension of every input but the batch dimension.
/// </summary>
internal sealed class BatchKey : IEquatable<BatchKey>
{
    private readonly int _hash;

    /// <param name="rowShapes">For each input its dimensions without the first (with it, where the model is not batchable).</param>
    public BatchKey(long[][] rowShapes)
    {
        RowShapes = rowShapes;
        var hash = new HashCode();
        foreach (var shape in rowShapes)
        {
            hash.Add(shape.Length);
            foreach (var dimension in shape)
            {
                hash.Add(dimension);
            }
        }

        _hash = hash.ToHashCode();
    }

    public long[][] RowShapes { get; }

    public bool Equals(BatchKey? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other._hash != _hash || other.RowShapes.Length != RowShapes.Length)
        {
            return false;
        }

        for (var i = 0; i < RowShapes.Length; i++)
        {
            if (!RowShapes[i].AsSpan().SequenceEqual(other.RowShapes[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as BatchKey);

    public override int GetHashCode() => _hash;
}
