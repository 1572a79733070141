namespace Millrace.Faults;

/// <summary>The checker sees each broken promise, and nothing where all are kept.</summary>
public sealed class CheckerTests
{
    private static readonly Answer s_failure = new("failed", ErrorCode.InferenceFailed, null);

    private static readonly Answer s_cancelled = new("cancelled", ErrorCode.Cancelled, null);

    private readonly Ledger _ledger = new();
    private readonly LedgerEntry _job;

    public CheckerTests()
    {
        _job = _ledger.Add("replies");
        _job.Confirm();
    }

    private Answer Right => new("succeeded", null, _job.Number);

    [Fact]
    public void Sees_nothing_where_every_promise_is_kept()
    {
        _job.AddReply(Right);
        Assert.Empty(Checker.Check(Evidence()));
    }

    [Fact]
    public void Sees_a_job_without_a_row()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.Missing, Evidence() with { Rows = [] });
    }

    [Fact]
    public void Wants_no_row_of_a_job_that_was_never_confirmed()
    {
        _ledger.Add("replies");
        _job.AddReply(Right);
        Assert.Empty(Checker.Check(Evidence()));
    }

    [Fact]
    public void Sees_two_rows_of_a_job()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.Duplicate, Evidence() with { Rows = [Row(), Row()] });
    }

    [Fact]
    public void Sees_a_row_of_nobodys_job()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.Invented, Evidence() with { Rows = [Row(), Row() with { JobId = Guid.NewGuid() }] });
    }

    [Fact]
    public void Sees_a_reply_to_nobodys_job()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.Invented, Evidence() with { StrayReplies = 1 });
    }

    [Fact]
    public void Sees_an_innocent_job_that_failed()
    {
        _job.AddReply(s_failure);
        AssertSees(ViolationKind.Wrong, Evidence() with { Rows = [Row() with { Answer = s_failure }] });
    }

    [Fact]
    public void Sees_another_jobs_answer()
    {
        _job.AddReply(Right with { Number = _job.Number + 1 });
        AssertSees(ViolationKind.Wrong, Evidence());
    }

    [Fact]
    public void Sees_replies_that_differ()
    {
        _job.AddReply(Right);
        _job.AddReply(s_failure);
        Assert.Contains(Checker.Check(Evidence()), violation => violation.Kind == ViolationKind.UnequalReplies);
    }

    [Fact]
    public void Takes_a_cancelled_job_for_right_where_it_was_to_be_cancelled()
    {
        _job.AddReply(s_cancelled);
        AssertSees(ViolationKind.Wrong, Evidence() with { Rows = [Row() with { Answer = s_cancelled }] });
        _job.IsToBeCancelled = true;
        Assert.Empty(Checker.Check(Evidence() with { Rows = [Row() with { Answer = s_cancelled }] }));
    }

    [Fact]
    public void Sees_a_reply_that_is_not_what_the_row_of_a_job_to_be_cancelled_says()
    {
        _job.IsToBeCancelled = true;
        _job.AddReply(s_cancelled);
        AssertSees(ViolationKind.UnequalReplies, Evidence());
    }

    [Fact]
    public void Sees_a_job_without_a_reply() => AssertSees(ViolationKind.Unanswered, Evidence());

    [Fact]
    public void Sees_an_undeliverable_reply_without_a_mark()
    {
        _job.Due = ReplyDue.Mark;
        AssertSees(ViolationKind.Unanswered, Evidence());
    }

    [Fact]
    public void Sees_a_mark_although_the_reply_could_be_delivered()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.MarkedWrongly, Evidence() with { Rows = [Row() with { IsUndeliverable = true }] });
    }

    [Fact]
    public void Sees_a_row_that_changed()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.Changed, Evidence() with { Changed = [_job.Id] });
    }

    [Fact]
    public void Sees_a_queue_that_is_not_empty()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.QueueNotEmpty, Evidence() with { Queues = new Dictionary<string, uint>(StringComparer.Ordinal) { ["millrace.echo"] = 1 } });
    }

    [Fact]
    public void Sees_dead_letters_without_a_row()
    {
        _job.AddReply(Right);
        AssertSees(ViolationKind.DeadLetter, Evidence() with { DeadLetters = [_job.Id, Guid.NewGuid()] });
        AssertSees(ViolationKind.DeadLetter, Evidence() with { DeadLetters = [null] });
    }

    private static void AssertSees(ViolationKind kind, Evidence evidence) => Assert.Equal(kind, Assert.Single(Checker.Check(evidence)).Kind);

    private StoredRow Row() => new(_job.Id, Right, false);

    private Evidence Evidence() => new()
    {
        Ledger = [.. _ledger.Entries],
        Rows = [Row()],
        Changed = [],
        Queues = new Dictionary<string, uint>(StringComparer.Ordinal),
        DeadLetters = [],
        StrayReplies = 0,
    };
}
