using Millrace.FaultyWorker;

namespace Millrace.Faults.Scenarios;

/// <summary>Workers that break a promise: the checker must see each of them, or what it says of the others is worth nothing.</summary>
public sealed class ControlTests(Servers servers)
{
    private const int Jobs = 300;

    [Fact]
    public Task A_worker_that_acks_before_the_commit_is_caught() => Trial.RunAsync(servers, "control-ack-early", async trial =>
    {
        trial.Inject("broken worker");
        // It declares nothing itself.
        await trial.Site.StartWorkerAsync("declares", Trial.Token);
        await trial.Site.StopWorkersAsync(Trial.Token);
        await trial.PublishAsync(Jobs);
        var faulty = trial.Site.StartWorker("faulty", Is(Control.AckEarly), ("MILLRACE_FAULT_KILL_AT", $"{FaultPoint.BeforeCommit}"));
        await faulty.Exited.WaitAsync(TimeSpan.FromMinutes(1), Trial.Token);
        await trial.Site.StartWorkerAsync("steady", Trial.Token);
        // Behind all that is still queued.
        await trial.WorksAgainAsync("the kill", Limits.Worker);

        Assert.Contains(await trial.EndAsync(settle: false), violation => violation.Kind == ViolationKind.Missing);
    });

    [Fact]
    public Task A_worker_that_does_not_publish_mandatory_is_caught() => Trial.RunAsync(servers, "control-drop-mandatory", async trial =>
    {
        trial.Inject("broken worker");
        await trial.Site.StartWorkerAsync("faulty", Trial.Token, Is(Control.DropMandatory));
        await trial.PublishAsync(Jobs, _ => trial.Ledger.Add("faults.gone", ReplyDue.Mark));
        await trial.WorksAgainAsync("the replies that have no queue", Limits.Worker);

        Assert.Contains(await trial.EndAsync(settle: false), violation => violation.Kind == ViolationKind.Unanswered);
    });

    [Fact]
    public Task A_store_that_lost_its_key_is_caught() => Trial.RunAsync(servers, "control-keyless", async trial =>
    {
        trial.Inject("broken worker");
        await trial.Site.Database.LoseKeyAsync(Trial.Token);
        await trial.Site.StartWorkerAsync("faulty-a", Trial.Token, Is(Control.Keyless));
        await trial.Site.StartWorkerAsync("faulty-b", Trial.Token, Is(Control.Keyless));
        await trial.PublishAsync(Jobs, _ => trial.Ledger.Add(trial.Client.ReplyQueue, copies: 2));

        Assert.Contains(await trial.EndAsync(), violation => violation.Kind == ViolationKind.Duplicate);
    });

    [Fact]
    public Task A_worker_that_blames_rows_for_a_lost_connection_is_caught() => Trial.RunAsync(servers, "control-blame-rows", async trial =>
    {
        trial.Inject("broken worker");
        using var closings = new Closings(trial.Site);
        var closing = closings.All().First(way => way.Name == "role without LOGIN");
        await trial.Site.StartWorkerAsync("faulty", Trial.Token, Is(Control.BlameRows));
        await closing.BeginAsync(Trial.Token);
        await closings.CutAsync(Trial.Token);
        await trial.PublishAsync(Jobs);
        await Trial.UntilAsync("the worker blames a row", () => trial.History.Has("faulty", "the store cannot take its outputs"));
        await closing.EndAsync(Trial.Token);

        Assert.Contains(await trial.EndAsync(), violation => violation.Kind == ViolationKind.Wrong);
    });

    private static (string Key, string Value) Is(Control control) => ("MILLRACE_FAULT_CONTROL", $"{control}");
}
