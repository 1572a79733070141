using System.Globalization;
using System.Text;
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
            _errors[error.Row] ??= Tell(error.Code, error.Error);
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

    /// <summary>A code and its text, in which attempts that all ended alike are told once.</summary>
    public static string Tell(string code, string? error) => $"{code}: {Once(error ?? "")}";

    /// <summary>Why a row has no answer; null where it has.</summary>
    public string? Error(int row) => _errors?[row];

    /// <summary>A row's place in the outputs.</summary>
    public int IndexOf(int row) => _places?[row] ?? row;

    /// <summary><c>attempt 1: …; attempt 2: …</c> with one text for all.</summary>
    private static string Once(string error)
    {
        const string First = "attempt 1: ";
        const string Second = "; attempt 2: ";
        if (!error.StartsWith(First, StringComparison.Ordinal))
        {
            return error;
        }

        // The text may have such words of its own.
        for (var end = error.IndexOf(Second, StringComparison.Ordinal); end >= 0; end = error.IndexOf(Second, end + 1, StringComparison.Ordinal))
        {
            var text = error[First.Length..end];
            var all = new StringBuilder(First).Append(text);
            var attempts = 1;
            while (all.Length < error.Length)
            {
                all.Append(CultureInfo.InvariantCulture, $"; attempt {++attempts}: ").Append(text);
            }

            if (all.Equals(error))
            {
                return $"{text} (tried {attempts} times)";
            }
        }

        return error;
    }
}
