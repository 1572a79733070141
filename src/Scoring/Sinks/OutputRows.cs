using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Millrace.Contracts;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Sinks;

/// <summary>A reply's outputs, row by row; of a row that the reply names as bad, why it has none.</summary>
internal sealed class OutputRows
{
    private readonly IReadOnlyList<OutputColumn> _columns;
    private readonly OutputElements[] _elements;
    private readonly OutputElements? _compared;
    private readonly ReplyRows _rows;
    private readonly ArrayBufferWriter<byte> _field = new();

    private OutputRows(IReadOnlyList<OutputColumn> columns, OutputElements[] elements, OutputElements? compared, ReplyRows rows)
    {
        _columns = columns;
        _elements = elements;
        _compared = compared;
        _rows = rows;
    }

    /// <summary>Rows without outputs.</summary>
    public int FailedRows => _rows.Bad;

    /// <summary>Why a row has no outputs; null where it has.</summary>
    public string? Error(int row) => _rows.Error(row);

    /// <summary>Reads a reply.</summary>
    /// <returns>False, with the reason, where it tells of no success or lacks what the columns show.</returns>
    public static bool TryRead(
        PredictionResult reply,
        OutputPlan plan,
        int rowCount,
        [NotNullWhen(true)] out OutputRows? rows,
        [NotNullWhen(false)] out string? error)
    {
        rows = null;
        var counted = ReplyRows.Of(reply, rowCount);
        if (reply.Status != JobStatus.Succeeded)
        {
            error = ReplyRows.Tell(reply.Code ?? reply.Status.ToWireName(), reply.Error);
            rows = counted.Bad == rowCount ? new OutputRows(plan.Columns, [], compared: null, counted) : null;
            return rows is not null;
        }

        var good = rowCount - counted.Bad;
        if (good <= 0)
        {
            error = $"the reply tells of {counted.Bad} bad rows among {rowCount}, and that it succeeded";
            return false;
        }

        var elements = new OutputElements[plan.Columns.Count];
        for (var i = 0; i < elements.Length; i++)
        {
            var name = plan.Columns[i].Output;
            if (i > 0 && plan.Columns[i - 1].Output == name)
            {
                elements[i] = elements[i - 1];
                continue;
            }

            if (reply.Outputs.FirstOrDefault(output => output.Name == name) is not { } tensor)
            {
                error = $"the reply lacks output '{name}'";
                return false;
            }

            elements[i] = new OutputElements(tensor);
        }

        for (var i = 0; i < elements.Length; i++)
        {
            if (elements[i].RowCount(plan.Columns[i].IsOfJob) != good)
            {
                error = $"the reply's output '{plan.Columns[i].Output}' has shape [{string.Join(',', elements[i].Shape)}], which is not one for each of {good} row(s)";
                return false;
            }

            if (elements[i].Count % good != 0 || elements[i].Count / good <= plan.Columns[i].Element.GetValueOrDefault(-1))
            {
                error = $"the reply's output '{plan.Columns[i].Output}' has {elements[i].Count} elements, which is too few for {good} rows";
                return false;
            }
        }

        var compared = plan.Compared is null ? null : Find(plan.Compared, plan, elements, reply);
        if (plan.Compared is not null && (compared is null || compared.Count < good || compared.Count % good != 0))
        {
            error = $"the reply's output '{plan.Compared}', which labels are compared with, {(compared is null ? "is not there" : $"has {compared.Count} elements for {good} rows")}";
            return false;
        }

        rows = new OutputRows(plan.Columns, elements, compared, counted);
        error = null;
        return true;
    }

    /// <summary>An output's elements, of a column that shows it or of the reply.</summary>
    private static OutputElements? Find(string name, OutputPlan plan, OutputElements[] elements, PredictionResult reply)
    {
        for (var i = 0; i < elements.Length; i++)
        {
            if (plan.Columns[i].Output == name)
            {
                return elements[i];
            }
        }

        return reply.Outputs.FirstOrDefault(output => output.Name == name) is { } tensor ? new OutputElements(tensor) : null;
    }

    /// <summary>Appends the fields of a row that has outputs, each with the separator before it.</summary>
    public void AppendRow(IBufferWriter<byte> target, int row, byte separator)
    {
        row = _rows.IndexOf(row);
        for (var i = 0; i < _columns.Count; i++)
        {
            target.Write([separator]);
            var perRow = _elements[i].Count / _rows.Good;
            _field.ResetWrittenCount();
            if (_columns[i].Element is { } element)
            {
                _elements[i].Append(_field, (row * perRow) + element);
            }
            else
            {
                _elements[i].AppendArray(_field, row * perRow, perRow);
            }

            CsvText.AppendField(target, _field.WrittenSpan, separator);
        }
    }

    /// <summary>The text that a row's label is compared with; the plan must say of which output.</summary>
    public string Compared(int row)
    {
        _field.ResetWrittenCount();
        _compared!.Append(_field, _rows.IndexOf(row) * (_compared.Count / _rows.Good));
        return Encoding.UTF8.GetString(_field.WrittenSpan);
    }
}
