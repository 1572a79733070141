using Millrace.Contracts;

namespace Millrace.Scoring.Sinks;

/// <summary>Which rows of a job a reply answers, and in which place of its outputs: those that it names as bad have none.</summary>
internal sealed class ReplyRows
{
    private readonly string?[]? _errors;
    private readonly int[]? _places;
    private readonly int _count;

    private ReplyRows(int count, IReadOnlyList<RowError> errors)
    {
        _count = count;
        if (errors.Count == 0)
        {
            return;
        }

        _errors = new string?[count];
        foreach (var error in errors.Where(error => error.Row >= 0 && error.Row < count))
        {
            _errors[error.Row] ??= $"{error.Code}: {error.Error}";
        }

        _places = new int[count];
        for (var row = 0; row < count; row++)
        {
            _places[row] = row - Bad;
            Bad += _errors[row] is null ? 0 : 1;
        }
    }

    /// <summary>Rows with an answer.</summary>
    public int Good => _count - Bad;

    /// <summary>Rows without one.</summary>
    public int Bad { get; }

    /// <summary>Reads what a reply says of a job of so many rows.</summary>
    public static ReplyRows Of(PredictionResult reply, int count) => new(count, reply.RowErrors);

    /// <summary>Why a row has no answer; null where it has.</summary>
    public string? Error(int row) => _errors?[row];

    /// <summary>A row's place in the outputs.</summary>
    public int IndexOf(int row) => _places?[row] ?? row;
}
