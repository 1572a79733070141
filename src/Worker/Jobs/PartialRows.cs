using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Jobs;

/// <summary>
/// What is known of the rows of a job that wants its good ones answered: which are bad and why, and what the search for them may still cost.
/// A job's rows may run on several sessions at once.
/// </summary>
internal sealed class PartialRows
{
    /// <summary>
    /// Runs that the search for bad rows may take in one attempt at a job, whatever a caller sends: enough for whatever is bad among 200 rows, at two
    /// runs a row, and for 40 bad rows among any number, at the logarithm of a batch and two.
    /// </summary>
    public const int MostRuns = 512;

    /// <summary>And for how long, in the model's <c>run_timeout</c>.</summary>
    public const int MostRunTimeouts = 4;

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<RowError> _refused;
    private readonly int[]? _places;
    private readonly RowErrorList _errors = new();
    private JobOutcome? _failure;
    private int _failureRow = int.MaxValue;
    private int _runs;
    private TimeSpan _spent;

    /// <param name="givenRows">The rows that were sent.</param>
    /// <param name="refused">Those that do not run, in their order.</param>
    /// <param name="places">For each row that runs its place among all; null where all do.</param>
    public PartialRows(int givenRows, IReadOnlyList<RowError> refused, int[]? places)
    {
        GivenRows = givenRows;
        _refused = refused;
        _places = places;
        foreach (var error in refused)
        {
            _errors.Add(error.Row, error.Code, error.Error);
        }
    }

    /// <summary>The rows that were sent, with those that do not run.</summary>
    public int GivenRows { get; }

    /// <summary>All bad rows so far, by their places among those that were sent.</summary>
    public IReadOnlyList<RowError> Errors
    {
        get
        {
            lock (_gate)
            {
                return _errors.ToList();
            }
        }
    }

    /// <summary>Runs that the search has taken.</summary>
    public int Runs
    {
        get
        {
            lock (_gate)
            {
                return _runs;
            }
        }
    }

    /// <summary>Where the errors of another attempt come together.</summary>
    public PartialRows Again() => new(GivenRows, _refused, _places);

    /// <summary>Whether the search may take another run.</summary>
    public bool MaySearch(TimeSpan runTimeout)
    {
        lock (_gate)
        {
            return _runs < MostRuns && _spent < runTimeout * MostRunTimeouts;
        }
    }

    /// <summary>Counts a run of the search.</summary>
    public void AddRun(TimeSpan duration)
    {
        lock (_gate)
        {
            _runs++;
            _spent += duration;
        }
    }

    /// <summary>Says that rows are bad.</summary>
    /// <param name="firstRow">The first, among those that run.</param>
    /// <param name="rows">How many.</param>
    /// <param name="code">What their errors say.</param>
    /// <param name="error">The same for people.</param>
    /// <param name="failure">What the job's end were if it had no other rows.</param>
    public void Fail(int firstRow, int rows, string code, string error, JobOutcome failure)
    {
        lock (_gate)
        {
            if (firstRow < _failureRow)
            {
                (_failure, _failureRow) = (failure, firstRow);
            }

            for (var row = firstRow; row < firstRow + rows; row++)
            {
                _errors.Add(_places?[row] ?? row, code, error);
            }
        }
    }

    /// <summary>The end of a job that has no good row: as it is without <c>partial</c>, by its first row.</summary>
    public JobOutcome ToFailure()
    {
        var errors = Errors;
        var first = errors[0];
        var isRefused = _refused.Count > 0 && _refused[0].Row == first.Row;
        return (isRefused ? JobOutcome.Rejected(first.Code, first.Error) : _failure!) with { RowErrors = errors };
    }
}
