namespace Millrace.Faults;

/// <summary>Holds what a trial left behind to what Millrace promises. Pure.</summary>
internal static class Checker
{
    // A broken promise is often broken for every job.
    private const int MaxNamed = 5;

    private static readonly Answer s_cancelled = new("cancelled", ErrorCode.Cancelled, null);

    public static IReadOnlyList<Violation> Check(Evidence evidence)
    {
        var jobs = evidence.Ledger.ToDictionary(entry => entry.Id);
        var rows = evidence.Rows.ToLookup(row => row.JobId);
        var violations = new List<Violation>();
        foreach (var entry in evidence.Ledger.Where(entry => entry.Confirmed > 0))
        {
            CheckJob(entry, [.. rows[entry.Id]], violations);
        }

        violations.AddRange(evidence.Rows
            .Where(row => !jobs.ContainsKey(row.JobId))
            .Select(row => new Violation(ViolationKind.Invented, $"{row.JobId}")));
        violations.AddRange(evidence.Changed.Select(id => new Violation(ViolationKind.Changed, $"{id}")));
        violations.AddRange(evidence.Queues
            .Where(queue => queue.Value > 0)
            .Select(queue => new Violation(ViolationKind.QueueNotEmpty, $"{queue.Key} has {queue.Value} message(s)")));
        violations.AddRange(evidence.DeadLetters
            .Where(id => id is null || !rows.Contains(id.Value))
            .Select(id => new Violation(ViolationKind.DeadLetter, id is null ? "without an id" : $"{id} has no row")));
        if (evidence.StrayReplies > 0)
        {
            violations.Add(new Violation(ViolationKind.Invented, $"{evidence.StrayReplies} reply(s) to ids that were not published"));
        }

        return violations;
    }

    /// <summary>The violations for a person: a few of each kind.</summary>
    public static string Describe(IReadOnlyList<Violation> violations) => string.Join(
        Environment.NewLine,
        violations
            .GroupBy(violation => violation.Kind)
            .Select(kind => $"{kind.Key}: {kind.Count()}, such as {string.Join("; ", kind.Take(MaxNamed).Select(violation => violation.What))}"));

    private static void CheckJob(LedgerEntry entry, StoredRow[] rows, List<Violation> violations)
    {
        void Add(ViolationKind kind, string what) => violations.Add(new Violation(kind, $"{entry.Id} (number {entry.Number}) {what}"));

        if (rows.Length == 0)
        {
            Add(ViolationKind.Missing, $"was confirmed {entry.Confirmed} time(s) and has no row");
        }
        else if (rows.Length > 1)
        {
            Add(ViolationKind.Duplicate, $"has {rows.Length} rows");
        }

        var expected = entry.Kind switch
        {
            JobKind.Throwing => new Answer("failed", ErrorCode.InferenceFailed, null),
            JobKind.Killing => new Answer("failed", ErrorCode.WorkerCrashed, null),
            JobKind.Late => new Answer("expired", ErrorCode.DeadlineExceeded, null),
            _ => new Answer("succeeded", null, entry.Number),
        };
        var answers = rows.Select(row => row.Answer).Concat(entry.Replies).Distinct().ToArray();
        foreach (var answer in answers.Where(answer => answer != expected && !(entry.IsToBeCancelled && answer == s_cancelled)))
        {
            Add(ViolationKind.Wrong, $"ended as {answer}, not as {expected}");
        }

        // Where a job may end in two ways, its row decides which.
        if (entry.Replies.Distinct().Count() > 1 || (entry.IsToBeCancelled && answers.Length > 1))
        {
            Add(ViolationKind.UnequalReplies, string.Join(" and ", answers));
        }

        var isMarked = rows.Any(row => row.IsUndeliverable);
        switch (entry.Due)
        {
            case ReplyDue.Reply when entry.Replies.Count == 0:
                Add(ViolationKind.Unanswered, "got no reply");
                break;
            case ReplyDue.Reply when isMarked:
                Add(ViolationKind.MarkedWrongly, "is marked undeliverable");
                break;
            case ReplyDue.Mark when !isMarked:
                Add(ViolationKind.Unanswered, "is not marked undeliverable");
                break;
        }
    }
}
