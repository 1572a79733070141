using System.Buffers;
using Millrace.Contracts;

namespace Millrace.Worker.Jobs;

/// <summary>
/// Puts a job's outputs together from the slices that its rows ran in. Slices of one job may end on several sessions at once and in
/// any order.
/// </summary>
internal sealed class JobOutputs
{
    private readonly IReadOnlyList<OutputSlot> _slots;
    private readonly bool _haveRows;
    private readonly long _maxBytes;
    private readonly int _rows;
    private readonly Part?[] _parts;
    private long _bytes;
    private volatile string? _problem;
    private int _rowsDone;

    // Rows of a job that wants its others answered; null for none.
    private bool[]? _dropped;
    private int _droppedRows;

    /// <param name="slots">The graph's outputs.</param>
    /// <param name="haveRows">Whether their first dimension counts the job's rows. Else the job runs by itself, and has them as they are.</param>
    /// <param name="maxBytes">The most bytes that they may take, in the protocol's binary layout.</param>
    /// <param name="selection">What the job asked for: indexes among the model's outputs, in the order of the reply.</param>
    /// <param name="rows">The job's rows.</param>
    public JobOutputs(IReadOnlyList<OutputSlot> slots, bool haveRows, long maxBytes, int[] selection, int rows)
    {
        (_slots, _haveRows, _maxBytes, Selection, _rows) = (slots, haveRows, maxBytes, selection, rows);
        _parts = new Part?[slots.Count];
    }

    /// <summary>What the job asked for: indexes among the model's outputs, in the order of the reply.</summary>
    public int[] Selection { get; }

    /// <summary>Says that one of the graph's outputs is needed. Before the first run.</summary>
    public void Want(int output) => _parts[output] ??= new Part();

    /// <summary>Where the outputs of another attempt at the job come together.</summary>
    public JobOutputs Again()
    {
        var again = new JobOutputs(_slots, _haveRows, _maxBytes, Selection, _rows);
        for (var i = 0; i < _parts.Length; i++)
        {
            if (_parts[i] is not null)
            {
                again.Want(i);
            }
        }

        return again;
    }

    /// <summary>Why there are none to be had, for people; null while all is well. What is known before the job's last row is told then.</summary>
    public string? Problem => _problem;

    /// <summary>Whether the graph's output is needed for what the job asked for.</summary>
    public bool Wants(int output) => _problem is null && _parts[output] is not null;

    /// <summary>Takes a slice's rows of one of the graph's outputs.</summary>
    /// <param name="output">Index among the graph's outputs.</param>
    /// <param name="firstRow">The slice's first row in the job.</param>
    /// <param name="rowShape">The output's dimensions behind the first (all of them, where the model is not batchable).</param>
    /// <param name="data">The rows in the protocol's binary layout.</param>
    /// <returns>False where the slices' shapes differ, so that no tensor holds them all.</returns>
    public bool TryAdd(int output, int firstRow, ReadOnlySpan<long> rowShape, ReadOnlySpan<byte> data)
    {
        var part = _parts[output]!;
        lock (_parts)
        {
            part.RowShape ??= rowShape.ToArray();
            if (!rowShape.SequenceEqual(part.RowShape))
            {
                return false;
            }

            if (data.Length == 0 || _slots[output].Datatype == TensorDatatype.Bytes)
            {
                // The same rows may have been in a run that failed after this output was read.
                Release(part, firstRow);
                if (TryReserve((uint)data.Length))
                {
                    (part.Texts ??= [])[firstRow] = data.ToArray();
                }

                return true;
            }

            var rowBytes = RowBytes(output, rowShape);
            if (part.Data is not null || TryReserve((UInt128)rowBytes * (uint)_rows))
            {
                part.Data ??= new byte[rowBytes * _rows];
                data.CopyTo(part.Data.AsSpan((int)(firstRow * rowBytes)));
            }

            return true;
        }
    }

    /// <summary>The rows that have outputs, once the job is whole.</summary>
    public int GoodRows => _rows - _droppedRows;

    /// <summary>Takes rows out that could not be run; each once.</summary>
    public void Drop(int firstRow, int rows)
    {
        lock (_parts)
        {
            TakeOut(firstRow, rows);
            foreach (var part in _parts)
            {
                // What was read of a run that failed afterwards stands at its first row, and is of these rows alone.
                for (var row = firstRow; part?.Texts is not null && row < firstRow + rows; row++)
                {
                    Release(part, row);
                }
            }
        }
    }

    /// <summary>Takes a row out that has run, and whose outputs cannot be used.</summary>
    public void DropRun(int row)
    {
        lock (_parts)
        {
            TakeOut(row, 1);
        }
    }

    /// <summary>The rows that were not taken out.</summary>
    public int[] GoodPlaces() => [.. Enumerable.Range(0, _rows).Where(row => _dropped?[row] != true)];

    private void TakeOut(int firstRow, int rows)
    {
        _dropped ??= new bool[_rows];
        _dropped.AsSpan(firstRow, rows).Fill(true);
        _droppedRows += rows;
    }

    private void Release(Part part, int firstRow)
    {
        if (part.Texts is { } texts && texts.TryGetValue(firstRow, out var old))
        {
            texts.Remove(firstRow);
            _bytes -= old.Length;
        }
    }

    /// <summary>Looks at the limit before the memory is taken: a caller chooses how many rows of a few bytes become how many of many.</summary>
    private bool TryReserve(UInt128 bytes)
    {
        var all = (UInt128)_bytes + bytes;
        if (_problem is null && all <= (UInt128)_maxBytes)
        {
            _bytes = (long)all;
            return true;
        }

        _problem ??= $"the outputs of {_rows} row(s) take {all} bytes or more, expected at most {_maxBytes} (Limits:MaxOutputBytes); send fewer rows a job";
        foreach (var part in _parts)
        {
            part?.Drop();
        }

        return false;
    }

    /// <summary>Says that a slice has given all its outputs.</summary>
    /// <returns>True for the one that makes the job whole.</returns>
    public bool Complete(int rows) => Interlocked.Add(ref _rowsDone, rows) == _rows;

    /// <summary>One of the graph's outputs, with the job's good rows, once the job is whole.</summary>
    public Tensor ToTensor(int output)
    {
        var part = _parts[output]!;
        long[] shape = _haveRows ? [GoodRows, .. part.RowShape!] : part.RowShape!;
        return new Tensor
        {
            Name = _slots[output].Name,
            Datatype = _slots[output].Datatype,
            Shape = shape,
            Data = part.Data is { } data ? WithoutDropped(data) : _droppedRows == 0 ? Join(part.Texts) : JoinGood(part),
        };
    }

    private byte[] WithoutDropped(byte[] data)
    {
        if (_droppedRows == 0)
        {
            return data;
        }

        var rowBytes = data.Length / _rows;
        var kept = new byte[rowBytes * GoodRows];
        for (int row = 0, next = 0; row < _rows; row++)
        {
            if (!_dropped![row])
            {
                data.AsSpan(row * rowBytes, rowBytes).CopyTo(kept.AsSpan(rowBytes * next++));
            }
        }

        return kept;
    }

    private static byte[] Join(SortedList<int, byte[]>? texts) => texts switch
    {
        null => [],
        { Count: 1 } => texts.Values[0],
        _ => [.. texts.Values.SelectMany(text => text)],
    };

    private byte[] JoinGood(Part part)
    {
        var kept = new ArrayBufferWriter<byte>();
        var rowElements = TensorShape.CountElements(part.RowShape);
        foreach (var (firstRow, texts) in part.Texts ?? [])
        {
            ReadOnlySpan<byte> rest = texts;
            for (var row = firstRow; !rest.IsEmpty; row++)
            {
                var start = rest;
                for (long i = 0; i < rowElements; i++)
                {
                    BytesElement.TryTake(ref rest, out _);
                }

                if (!_dropped![row])
                {
                    kept.Write(start[..(start.Length - rest.Length)]);
                }
            }
        }

        return kept.WrittenSpan.ToArray();
    }

    private long RowBytes(int output, ReadOnlySpan<long> rowShape) =>
        checked(TensorShape.CountElements(rowShape) * _slots[output].Datatype.ElementSizeBytes());

    private sealed class Part
    {
        public long[]? RowShape { get; set; }

        public byte[]? Data { get; set; }

        public SortedList<int, byte[]>? Texts { get; set; }

        public void Drop() => (Data, Texts) = (null, null);
    }
}

/// <summary>One of a graph's outputs, as far as a job's own must fit it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">What an element is.</param>
internal sealed record OutputSlot(string Name, TensorDatatype Datatype);
