namespace Millrace.Faults.Scenarios;

/// <summary>One job in 32 makes the run of its whole batch throw.</summary>
public sealed class ThrowingInputTests(Servers servers)
{
    private const int OneIn = 32;

    private static readonly int s_jobs = Scale.Of(20, 1_000) * OneIn;

    [Fact]
    public Task Only_the_jobs_that_the_model_throws_on_fail() => Trial.RunAsync(servers, "throwing-input", async trial =>
    {
        await trial.StartWorkersAsync();
        trial.Summary.Count("jobs that make the run throw", s_jobs / OneIn);
        await trial.PublishAsync(s_jobs, i => trial.Ledger.Add(trial.Client.ReplyQueue, kind: i % OneIn == 0 ? JobKind.Throwing : JobKind.Harmless));
        await trial.HoldsAsync();
    });
}
