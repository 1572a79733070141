using System.Buffers;
using CsvHelper;
using Millrace.Contracts;

namespace Millrace.Producer.Scoring;

/// <summary>Collects rows of the file as rows of one input.</summary>
internal sealed class InputRows(InputPlan plan)
{
    private readonly CellParser _parse = CellParsers.For(plan.Datatype);
    private ArrayBufferWriter<byte> _data = new();
    private int _wholeRowsBytes;

    /// <summary>Bytes of the whole rows.</summary>
    public int SizeBytes => _wholeRowsBytes;

    /// <summary>What a cell must look like, for messages.</summary>
    public string Expected => CellParsers.Expected(plan.Datatype);

    /// <summary>Appends the current row's cells; they count once <see cref="CommitRow"/> is called.</summary>
    /// <returns>The index of the column whose cell is no value of the datatype; -1 where all are.</returns>
    public int Append(CsvReader row)
    {
        foreach (var column in plan.Columns)
        {
            if (!_parse(row.GetSpan(column), _data))
            {
                return column;
            }
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
            Name = plan.Name,
            Datatype = plan.Datatype,
            Shape = isBatched ? [rowCount, .. plan.RowShape] : plan.RowShape,
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
