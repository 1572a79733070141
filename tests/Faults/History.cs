using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Millrace.Faults;

/// <summary>What happened in a trial, in order: faults, the client's doings and the workers' logs.</summary>
internal sealed class History
{
    private readonly ConcurrentQueue<(TimeSpan At, string Who, string What)> _events = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    public void Add(string who, string what) => _events.Enqueue((Stopwatch.GetElapsedTime(_start), who, what));

    /// <summary>Whether somebody has said something with that text in it.</summary>
    public bool Has(string who, string text) => Count(who, text) > 0;

    public int Count(string who, string text) => _events.Count(e => e.Who == who && e.What.Contains(text, StringComparison.Ordinal));

    /// <summary>Writes it, and what the ledger holds, under <c>artifacts/faults</c>.</summary>
    /// <returns>The file: a JSON object a line.</returns>
    public string Save(string name, int seed, Ledger ledger)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "faults")).FullName;
        var path = Path.Combine(folder, $"{name}-{seed}.jsonl");
        using var writer = new StreamWriter(path);
        writer.WriteLine(JsonSerializer.Serialize(new { scenario = name, seed }));
        foreach (var (at, who, what) in _events)
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
}
