namespace Millrace.Faults.Scenarios;

/// <summary>Every job is published one to five times, to two workers.</summary>
public sealed class DuplicateTests(Servers servers)
{
    private const int MostCopies = 5;

    private static readonly int s_jobs = Scale.Of(1_000, 20_000);

    [Fact]
    public Task Copies_of_a_job_share_one_row_and_get_equal_replies() => Trial.RunAsync(servers, "duplicates", async trial =>
    {
        var copies = Enumerable.Range(0, s_jobs).Select(_ => trial.Random.Next(1, MostCopies + 1)).ToArray();
        await trial.StartWorkersAsync();
        trial.Summary.Count("copies", copies.Sum());
        await trial.PublishAsync(s_jobs, i => trial.Ledger.Add(trial.Client.ReplyQueue, copies: copies[i]));
        await trial.HoldsAsync();
        // Each copy is a delivery of its own, and each delivery is answered.
        Assert.All(trial.Ledger.Entries, entry => Assert.True(entry.Replies.Count >= entry.Copies, $"{entry.Id}: {entry.Replies.Count} of {entry.Copies}"));
    });
}
