using System.Text;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Collects what is wrong with rows of one job. A caller decides how many of them are bad, not how much memory and how long a reply that costs:
/// the texts have a length that they share. For one thread at a time.
/// </summary>
internal sealed class RowErrorList
{
    /// <summary>The most characters of one text.</summary>
    public const int MaxTextLength = 200;

    /// <summary>What all texts of a job may take together, in UTF-8. Past it each is <see cref="Shortest"/>.</summary>
    public const int MaxTextBytes = 64 * 1024;

    /// <summary>Stands for a text that there was no room for.</summary>
    public const string Shortest = "…";

    private readonly Dictionary<int, RowError> _errors = [];
    private int _textBytes;

    /// <summary>Rows that are in it.</summary>
    public int Count => _errors.Count;

    /// <summary>Adds a row, unless it is there already: its first error stands.</summary>
    public void Add(int row, string code, string error)
    {
        if (_errors.ContainsKey(row))
        {
            return;
        }

        var text = CallerText.Shorten(error, MaxTextLength);
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (_textBytes + bytes > MaxTextBytes)
        {
            text = Shortest;
        }
        else
        {
            _textBytes += bytes;
        }

        _errors.Add(row, new RowError(row, code, text));
    }

    /// <summary>Whether the row is in it.</summary>
    public bool Contains(int row) => _errors.ContainsKey(row);

    /// <summary>In the rows' order.</summary>
    public IReadOnlyList<RowError> ToList()
    {
        RowError[] errors = [.. _errors.Values];
        Array.Sort(errors, static (a, b) => a.Row.CompareTo(b.Row));
        return errors;
    }
}
