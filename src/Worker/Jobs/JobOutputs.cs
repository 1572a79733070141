using System.Buffers;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Tensors;

namespace Millrace.Worker.Jobs;

/// <summary>
/// Puts a job's outputs together from the slices that its rows ran in. Slices of one job may end on several sessions at once and in
/// any order.
/// </summary>
internal sealed class JobOutputs
{
    private readonly ModelVersion _model;
    private readonly int[] _selection;
    private readonly int _rows;
    private readonly Part?[] _parts;
    private long _bytes;
    private volatile string? _problem;
    private int _rowsDone;

    // Rows of a job that wants its others answered; null for none.
    private bool[]? _dropped;
    private int _droppedRows;

    /// <param name="model">The model that runs the job.</param>
    /// <param name="selection">Indexes among the model's outputs, in the order of the reply.</param>
    /// <param name="rows">The job's rows.</param>
    public JobOutputs(ModelVersion model, int[] selection, int rows)
    {
        _model = model;
        _selection = selection;
        _rows = rows;
        _parts = new Part?[model.Signature.Outputs.Count];
        foreach (var index in selection)
        {
            _parts[SourceOf(index)] ??= new Part();
        }
    }

    /// <summary>Where the outputs of another attempt at the job come together.</summary>
    public JobOutputs Again() => new(_model, _selection, _rows);

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

            if (data.Length == 0 || _model.Signature.Outputs[output].Datatype == TensorDatatype.Bytes)
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
        if (_problem is null && all <= (UInt128)_model.MaxOutputBytes)
        {
            _bytes = (long)all;
            return true;
        }

        _problem ??= $"the outputs of {_rows} row(s) take {all} bytes or more, expected at most {_model.MaxOutputBytes} (Limits:MaxOutputBytes); send fewer rows a job";
        foreach (var part in _parts)
        {
            part?.Drop();
        }

        return false;
    }

    /// <summary>Says that a slice has given all its outputs.</summary>
    /// <returns>True for the one that makes the job whole.</returns>
    public bool Complete(int rows) => Interlocked.Add(ref _rowsDone, rows) == _rows;

    /// <summary>The tensors of the reply, once the job is whole.</summary>
    public IReadOnlyList<Tensor> ToTensors()
    {
        var tensors = new Tensor[_selection.Length];
        // Labels and their scores mostly come one behind the other.
        (LabelSpec? Spec, TopLabels Best) last = default;
        for (var i = 0; i < tensors.Length; i++)
        {
            var index = _selection[i];
            if (LabelOf(index) is not { } label)
            {
                tensors[i] = ToTensor(index);
                continue;
            }

            if (last.Spec != label)
            {
                last = (label, new TopLabels(label, ToTensor(label.Output)));
            }

            var name = _model.Outputs[index].Name;
            tensors[i] = index == label.LabelOutput ? last.Best.ToLabels(name) : last.Best.ToScores(name);
        }

        return tensors;
    }

    private Tensor ToTensor(int output)
    {
        var part = _parts[output]!;
        var spec = _model.Signature.Outputs[output];
        long[] shape = _model.IsBatchable ? [GoodRows, .. part.RowShape!] : part.RowShape!;
        return new Tensor
        {
            Name = spec.Name,
            Datatype = spec.Datatype,
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
        checked(TensorShape.CountElements(rowShape) * _model.Signature.Outputs[output].Datatype.ElementSizeBytes());

    private int SourceOf(int index) => LabelOf(index)?.Output ?? index;

    private LabelSpec? LabelOf(int index)
    {
        if (index < _model.Signature.Outputs.Count)
        {
            return null;
        }

        foreach (var label in _model.Labels)
        {
            if (label.LabelOutput == index || label.ScoreOutput == index)
            {
                return label;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, "no output of the model");
    }

    private sealed class Part
    {
        public long[]? RowShape { get; set; }

        public byte[]? Data { get; set; }

        public SortedList<int, byte[]>? Texts { get; set; }

        public void Drop() => (Data, Texts) = (null, null);
    }
}
