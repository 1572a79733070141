using System.Buffers;
using CsvHelper;
using Millrace.Contracts;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Runs;

/// <summary>Collects rows of the file as rows of one input.</summary>
internal sealed class InputRows
{
    private readonly InputPlan _plan;
    private readonly CellParser _parse;
    private readonly NumberText? _numbers;
    private readonly byte[]? _missing;
    private readonly bool _replacesNan;
    private ArrayBufferWriter<byte> _data = new();
    private int _wholeRowsBytes;

    public InputRows(InputPlan plan, CsvDialect dialect)
    {
        _plan = plan;
        _numbers = NumberText.Of(dialect);
        _parse = CellParsers.For(plan.Datatype, _numbers);
        _missing = dialect.Missing.ElementOf(plan.Datatype, _numbers);
        // NaN is a number of its own, unless another is to stand for it.
        _replacesNan = _missing is not null && !dialect.Missing.IsNan;
    }

    /// <summary>Bytes of the whole rows.</summary>
    public int SizeBytes => _wholeRowsBytes;

    /// <summary>What the cells are read as.</summary>
    public TensorDatatype Datatype => _plan.Datatype;

    /// <summary>What a cell must look like, for messages.</summary>
    public string Expected => CellParsers.Expected(_plan.Datatype, _numbers);

    /// <summary>Appends the current row's cells; they count once <see cref="CommitRow"/> is called.</summary>
    /// <returns>The index of the column whose cell is no value of the datatype; -1 where all are.</returns>
    public int Append(CsvReader row)
    {
        foreach (var column in _plan.Columns)
        {
            var cell = row.GetSpan(column);
            if ((!_replacesNan || !MissingCells.Has(cell)) && _parse(cell, _data))
            {
                continue;
            }

            if (_missing is null || !MissingCells.Has(cell))
            {
                return column;
            }

            _data.Write(_missing);
        }

        return -1;
    }

    /// <summary>Keeps the row appended last.</summary>
    public void CommitRow() => _wholeRowsBytes = _data.WrittenCount;

    /// <summary>Hands the whole rows over as a tensor and starts again without any.</summary>
    public Tensor Take(int rowCount, bool isBatched)
    {
        var tensor = new Tensor
        {
            Name = _plan.Name,
            Datatype = _plan.Datatype,
            Shape = isBatched ? [rowCount, .. _plan.RowShape] : _plan.RowShape,
            Data = _data.WrittenMemory[.._wholeRowsBytes],
        };
        _data = new ArrayBufferWriter<byte>(Math.Max(256, _wholeRowsBytes));
        _wholeRowsBytes = 0;
        return tensor;
    }

    /// <summary>Drops a row that was appended in part.</summary>
    public void DropUnfinished()
    {
        if (_wholeRowsBytes == 0)
        {
            _data.ResetWrittenCount();
        }
    }
}
