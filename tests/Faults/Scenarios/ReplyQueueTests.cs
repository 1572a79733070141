namespace Millrace.Faults.Scenarios;

/// <summary>A reply queue is deleted while replies are on their way to it.</summary>
public sealed class ReplyQueueTests(Servers servers)
{
    private const string Gone = "faults.gone";

    private static readonly int s_jobs = Scale.Of(200, 1_000);

    [Fact]
    public Task Replies_to_a_deleted_queue_mark_their_rows_and_disturb_no_other_job() => Trial.RunAsync(servers, "reply-queue", async trial =>
    {
        await trial.Client.DeclareAsync(Gone, Trial.Token);
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        var onTheWay = trial.PublishAsync(s_jobs, _ => trial.Ledger.Add(Gone, ReplyDue.Either));
        await trial.MoreRowsAsync();
        trial.Inject("reply queue deleted");
        trial.Summary.Count("replies to a deleted queue", s_jobs);
        await trial.Client.DeleteAsync(Gone, Trial.Token);
        await trial.PublishAsync(s_jobs, _ => trial.Ledger.Add(Gone, ReplyDue.Mark));
        await onTheWay;
        await load.StopAsync();
        await trial.HoldsAsync();
        Assert.Null(await trial.Client.CountAsync(Gone, Trial.Token));
    });
}
