using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Millrace.Faults;

/// <summary>
/// What happened in a trial, in order: faults, the client's doings and the workers' logs. Of everybody the last lines are kept: a worker
/// has one for each of a million hostile messages.
/// </summary>
internal sealed class History
{
    /// <summary>What a worker says where a call to its store failed and will be repeated.</summary>
    public const string LostCall = "A call to the store";

    /// <summary>What a worker says where the broker has closed a channel on it because an ack did not come in time.</summary>
    public const string LateAck = "delivery acknowledgement on channel";

    /// <summary>What a worker says of a message that is no job.</summary>
    public const string Unreadable = "cannot be read";

    private const int MaxLines = 20_000;

    // Counted to the end, whether the lines are still there or not.
    private static readonly string[] s_counted = [LostCall, LateAck, Unreadable, LoadClient.Blocked];

    private readonly ConcurrentDictionary<string, Log> _logs = new(StringComparer.Ordinal);
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>How long the trial goes on by now.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public void Add(string who, string what) => _logs.GetOrAdd(who, _ => new Log()).Add(Elapsed, what);

    /// <summary>Whether somebody has said something with that text in it, of what is kept.</summary>
    public bool Has(string who, string text) => _logs.TryGetValue(who, out var log) && log.Has(text);

    /// <summary>How often somebody has said one of the texts that are counted.</summary>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public int Count(string who, string text)
    {
        var index = Array.IndexOf(s_counted, text);
        ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(text));
        return _logs.TryGetValue(who, out var log) ? log.Count(index) : 0;
    }

    /// <summary>Writes it, and what the ledger holds, under <c>artifacts/faults</c>.</summary>
    /// <returns>The file: a JSON object a line.</returns>
    public string Save(string name, int seed, Ledger ledger)
    {
        var path = Path.Combine(Repository.Artifacts, $"{name}-{seed}.jsonl");
        using var writer = new StreamWriter(path);
        writer.WriteLine(JsonSerializer.Serialize(new { scenario = name, seed }));
        var lines = _logs.SelectMany(log => log.Value.Lines.Select(line => (line.At, Who: log.Key, line.What)));
        foreach (var (at, who, what) in lines.OrderBy(line => line.At))
        {
            writer.WriteLine(JsonSerializer.Serialize(new { at = Math.Round(at.TotalSeconds, 3), who, what }));
        }

        foreach (var entry in ledger.Entries)
        {
            writer.WriteLine(JsonSerializer.Serialize(new
            {
                job = entry.Id,
                entry.Number,
                payload = entry.PayloadHash,
                copies = entry.Copies,
                confirmed = entry.Confirmed,
                attempts = entry.Attempts,
                due = entry.Due.ToString(),
                replies = entry.Replies,
            }));
        }

        return path;
    }

    private sealed class Log
    {
        private readonly Lock _gate = new();
        private readonly Queue<(TimeSpan At, string What)> _lines = new();
        private readonly int[] _counts = new int[s_counted.Length];

        public (TimeSpan At, string What)[] Lines
        {
            get
            {
                lock (_gate)
                {
                    return [.. _lines];
                }
            }
        }

        public void Add(TimeSpan at, string what)
        {
            lock (_gate)
            {
                _lines.Enqueue((at, what));
                if (_lines.Count > MaxLines)
                {
                    _lines.Dequeue();
                }

                for (var i = 0; i < _counts.Length; i++)
                {
                    _counts[i] += what.Contains(s_counted[i], StringComparison.Ordinal) ? 1 : 0;
                }
            }
        }

        public bool Has(string text) => Array.Exists(Lines, line => line.What.Contains(text, StringComparison.Ordinal));

        public int Count(int index)
        {
            lock (_gate)
            {
                return _counts[index];
            }
        }
    }
}
