using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Faults;

/// <summary>Every job that was published.</summary>
internal sealed class Ledger
{
    // Values of the model's switch (tests/Faults/models/make.py).
    private const int Harmless = 31;
    private const int Killing = 31;
    private const int Throwing = 32;

    private readonly ConcurrentDictionary<Guid, LedgerEntry> _entries = new();
    private long _number;

    public ICollection<LedgerEntry> Entries => _entries.Values;

    public int Count => _entries.Count;

    /// <summary>Makes a job that no other is like.</summary>
    /// <param name="replyTo">Where its reply goes.</param>
    /// <param name="due">What must become of that.</param>
    /// <param name="copies">How often it is published.</param>
    /// <param name="kind">What its run does.</param>
    /// <param name="deadline">Null for none.</param>
    public LedgerEntry Add(
        string replyTo, ReplyDue due = ReplyDue.Reply, int copies = 1, JobKind kind = JobKind.Harmless, DateTimeOffset? deadline = null)
    {
        var id = Guid.CreateVersion7();
        var number = Interlocked.Increment(ref _number);
        var @switch = kind switch
        {
            JobKind.Throwing => Throwing,
            JobKind.Killing => Killing,
            _ => number % Harmless,
        };
        var parameters = deadline is { } at ? $$"""
            "parameters":{"deadline":"{{at:O}}"},
            """ : "";
        var body = Encoding.UTF8.GetBytes($$"""
            {"id":"{{id}}","model_name":"{{Site.Model}}",{{parameters}}"inputs":[
            {"name":"switch","shape":[1,1],"datatype":"INT64","data":[{{@switch}}]},
            {"name":"number","shape":[1,1],"datatype":"INT64","data":[{{(kind == JobKind.Killing ? long.MinValue : number)}}]}]}
            """);
        var entry = new LedgerEntry
        {
            Id = id,
            Number = number,
            Kind = kind,
            Body = body,
            PayloadHash = Convert.ToHexStringLower(SHA256.HashData(body)),
            Copies = copies,
            ReplyTo = replyTo,
            Due = due,
        };
        _entries[id] = entry;
        return entry;
    }

    public LedgerEntry? Find(Guid id) => _entries.GetValueOrDefault(id);
}
