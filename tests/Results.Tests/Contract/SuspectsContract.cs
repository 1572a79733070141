namespace Millrace.Results.Tests.Contract;

public abstract class SuspectsContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    [Fact]
    public async Task Nothing_is_noted_of_a_job_that_was_never_accused() =>
        Assert.Null(await Store.FindSuspicionAsync(Guid.NewGuid(), Token));

    [Fact]
    public async Task A_note_says_the_size_of_the_last_group()
    {
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

        await Store.AccuseAsync(ids, Token);
        await Store.AccuseAsync(ids[..2], Token);

        Assert.Equal(new Suspicion(2, 0), await Store.FindSuspicionAsync(ids[1], Token));
        Assert.Equal(new Suspicion(4, 0), await Store.FindSuspicionAsync(ids[2], Token));
    }

    [Fact]
    public async Task A_note_counts_the_runs_alone()
    {
        var id = Guid.NewGuid();

        await Store.AccuseAsync([id, Guid.NewGuid()], Token);
        await Store.AccuseAsync([id], Token);
        await Store.AccuseAsync([id], Token);

        Assert.Equal(new Suspicion(1, 2), await Store.FindSuspicionAsync(id, Token));
    }

    [Fact]
    public async Task An_acquittal_takes_back_all_that_was_noted_of_its_jobs_alone()
    {
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        await Store.AccuseAsync(ids, Token);

        await Store.AcquitAsync(ids[..1], Token);
        await Store.AcquitAsync([Guid.NewGuid()], Token);

        Assert.Null(await Store.FindSuspicionAsync(ids[0], Token));
        Assert.Equal(new Suspicion(2, 0), await Store.FindSuspicionAsync(ids[1], Token));
    }
}
