namespace Millrace.Contracts.Wire;

/// <summary>
/// Elements that are no values, by the rows that they are in: where a job wants its good rows answered, the reader notes them here and goes on
/// with nothing in their place.
/// </summary>
internal sealed class RowFaults
{
    // What a body may make the reader keep. One with more such rows is rejected whole.
    private const int MostRows = 65_536;

    private readonly RowErrorList _errors = new();
    private long _rowElements;

    /// <summary>Begins a tensor.</summary>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="count">Their product.</param>
    public void Begin(long[] shape, long count) => _rowElements = shape.Length > 0 && shape[0] > 0 ? count / shape[0] : 0;

    /// <summary>Notes a fault of the tensor's.</summary>
    /// <returns>False where no row is to be told, or there are too many: the whole job is at fault then.</returns>
    public bool TryAdd(long element, WireException fault)
    {
        if (_rowElements == 0 || element / _rowElements > int.MaxValue || _errors.Count >= MostRows)
        {
            return false;
        }

        _errors.Add((int)(element / _rowElements), fault.Code, fault.Message);
        return true;
    }

    /// <summary>The bad rows, in their order.</summary>
    public IReadOnlyList<RowError> ToList() => _errors.ToList();
}
