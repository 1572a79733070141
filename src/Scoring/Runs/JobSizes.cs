using Millrace.Contracts;
using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Runs;

/// <summary>
/// How many rows a job gets: what the worker takes and gives bounds it where the model tells, and what was refused for its size bounds it from
/// then on.
/// </summary>
internal sealed class JobSizes
{
    private const int MostRowsPerJob = 256;

    private volatile int _rows;

    private JobSizes(int rows, int maxBytes, bool areOutputsKnown, IReadOnlyList<string> notes)
    {
        _rows = rows;
        MaxBytes = maxBytes;
        AreOutputsKnown = areOutputsKnown;
        Notes = notes;
    }

    /// <summary>Rows of the next job, at most.</summary>
    public int Rows => _rows;

    /// <summary>Input bytes from which on a job is sent with the rows that it has.</summary>
    public int MaxBytes { get; }

    /// <summary>Whether the model tells how large a row's outputs are.</summary>
    public bool AreOutputsKnown { get; }

    /// <summary>What a person should know of the choice.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Chooses the sizes.</summary>
    /// <exception cref="UsageException">More rows a job are asked for than can be told apart in what comes back.</exception>
    public static JobSizes Choose(ModelDescription model, InputMapping mapping, ScoreOptions options)
    {
        var notes = new List<string>();
        var rowBytes = model.Outputs.Aggregate((Int128)0, (sum, output) => sum + (RowBytes(output) ?? 0));
        var rows = Wanted(model, mapping, options, notes);
        var fitting = rowBytes > 0 ? (int)Int128.Clamp(model.MaxOutputBytes / rowBytes, 1, int.MaxValue) : rows;
        if (fitting < rows && options.RowsPerJob is not null)
        {
            notes.Add($"a job gets {fitting} row(s) instead of {rows}: the outputs of more are over the worker's limit of {model.MaxOutputBytes} bytes");
        }

        return new JobSizes(
            Math.Min(rows, fitting),
            Math.Min(options.MaxJobBytes, Math.Max(1, model.MaxPayloadBytes / 4 * 3)),
            model.Outputs.All(output => RowBytes(output) is not null),
            notes);
    }

    /// <summary>Notes that a job of so many rows was refused for its size: the next ones get half of them at most.</summary>
    public void Refused(int rows)
    {
        var half = Math.Max(1, rows / 2);
        for (var now = _rows; half < now; now = _rows)
        {
            if (Interlocked.CompareExchange(ref _rows, half, now) == now)
            {
                return;
            }
        }
    }

    private static int Wanted(ModelDescription model, InputMapping mapping, ScoreOptions options, List<string> notes)
    {
        if (!mapping.IsBatched)
        {
            return 1;
        }

        if (model.IsBatchable)
        {
            return options.RowsPerJob ?? Math.Clamp(model.MaxBatchSize, 1, MostRowsPerJob);
        }

        if (options.RowsPerJob is not { } asked || asked == 1)
        {
            notes.Add($"model '{model.Name}' was not seen to give rows that run together what it gives each alone: each row is a job of its own");
            return 1;
        }

        if (model.Outputs.FirstOrDefault(output => !output.HasRows) is { } whole)
        {
            throw new UsageException(
                $"output '{whole.Name}' of model '{model.Name}' is not one for each row: of a job of {asked} rows it cannot be told which row it belongs to",
                "leave --rows-per-job out: then each row is a job of its own");
        }

        notes.Add(
            $"--rows-per-job {asked}: model '{model.Name}' was not seen to give rows that run together what it gives each alone; another number may give other answers");
        return asked;
    }

    /// <summary>Null where a dimension is open, or the elements are texts.</summary>
    private static Int128? RowBytes(TensorDescription output)
    {
        if (output.Datatype == TensorDatatype.Bytes)
        {
            return null;
        }

        Int128 bytes = output.Datatype.ElementSizeBytes();
        foreach (var dimension in output.Shape.Skip(output.HasRows ? 1 : 0))
        {
            if (dimension < 0)
            {
                return null;
            }

            bytes *= dimension;
        }

        return bytes;
    }
}
