namespace Millrace.Results.Tests.Contract;

public abstract class QueryContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    [Fact]
    public async Task Rows_come_newest_first_and_no_more_than_asked_for()
    {
        var old = await CommitAsync(Rows.Succeeded("1"));
        var middle = await CommitAsync(Rows.Succeeded("2"));
        var newest = await CommitAsync(Rows.Succeeded("3"));

        Assert.Equal([newest.JobId, middle.JobId, old.JobId], (await QueryAsync(new ResultQuery())).Select(row => row.JobId));
        Assert.Equal([newest.JobId, middle.JobId], (await QueryAsync(new ResultQuery { Limit = 2 })).Select(row => row.JobId));
    }

    [Fact]
    public async Task Rows_of_one_commit_come_in_the_same_order_every_time()
    {
        await Store.CommitAsync([.. Enumerable.Range(0, 10).Select(i => Rows.Succeeded($"{i}"))], Token);

        var first = await QueryAsync(new ResultQuery { Limit = 3 });

        Assert.Equal(first.Select(row => row.JobId), (await QueryAsync(new ResultQuery { Limit = 10 })).Take(3).Select(row => row.JobId));
    }

    [Fact]
    public async Task A_query_is_narrowed_by_job_model_and_status()
    {
        var digits = await CommitAsync(Rows.Succeeded("1"));
        var rejected = await CommitAsync(Rows.Rejected());
        var other = await CommitAsync(Rows.Succeeded("1") with { ModelName = "o'ther" });

        await AssertFindsAsync(new ResultQuery { JobId = digits.JobId }, digits);
        await AssertFindsAsync(new ResultQuery { ModelName = "o'ther" }, other);
        await AssertFindsAsync(new ResultQuery { ModelName = "digits" }, rejected, digits);
        await AssertFindsAsync(new ResultQuery { Status = JobStatus.Rejected }, rejected);
        await AssertFindsAsync(new ResultQuery { ModelName = "digits", Status = JobStatus.Succeeded }, digits);
        await AssertFindsAsync(new ResultQuery { JobId = digits.JobId, Status = JobStatus.Failed });
    }

    [Fact]
    public async Task Since_takes_the_time_itself_in_and_until_leaves_it_out()
    {
        var old = await CommitAsync(Rows.Succeeded("1"));
        var middle = await CommitAsync(Rows.Succeeded("2"));
        var newest = await CommitAsync(Rows.Succeeded("3"));
        var time = middle.CommittedAt!.Value;

        await AssertFindsAsync(new ResultQuery { Since = time }, newest, middle);
        await AssertFindsAsync(new ResultQuery { Until = time }, old);
        await AssertFindsAsync(new ResultQuery { Since = time, Until = time.AddMicroseconds(1) }, middle);
        await AssertFindsAsync(new ResultQuery { Since = time.ToOffset(TimeSpan.FromHours(5)), Until = newest.CommittedAt }, middle);
    }

    [Fact]
    public async Task A_runs_rows_come_in_input_order()
    {
        var run = Guid.NewGuid();
        var rows = new[] { 9L, 100L, 0L, 20L }.Select(first => Rows.OfRun(run, first, "a", "b")).ToArray();
        await Store.CommitAsync(rows, Token);
        await Store.CommitAsync([Rows.OfRun(Guid.NewGuid(), 0, "x"), Rows.Succeeded("y")], Token);

        Assert.Equal([0L, 9L, 20L, 100L], (await QueryAsync(new ResultQuery { RunId = run })).Select(row => row.RunRow!.Value));
        Assert.Equal([0L, 9L], (await QueryAsync(new ResultQuery { RunId = run, Limit = 2 })).Select(row => row.RunRow!.Value));
    }

    [Fact]
    public async Task Runs_are_summed_up_newest_first()
    {
        var old = Guid.NewGuid();
        var newest = Guid.NewGuid();
        var first = await CommitAsync(Rows.OfRun(old, 0, "a", "b"));
        await CommitAsync(Rows.Rejected(rowCount: 3) with { RunId = old, RunRow = 2 });
        var last = await CommitAsync(Rows.OfRun(old, 5, "c"));
        await CommitAsync(Rows.OfRun(newest, 0, "x"));
        await CommitAsync(Rows.Partial() with { RunId = newest, RunRow = 1 });
        await CommitAsync(Rows.Succeeded("no run"));

        var runs = await Store.QueryRunsAsync(10, Token).ToListAsync(Token);

        Assert.Equal([newest, old], runs.Select(run => run.RunId));
        Assert.Equal("digits", runs[1].ModelName);
        Assert.Equal(3, runs[1].JobCount);
        Assert.Equal((6, 3), (runs[1].RowCount, runs[1].FailedRowCount));
        Assert.Equal((5, 2), (runs[0].RowCount, runs[0].FailedRowCount));
        Assert.Equal(2, runs[1].Statuses[JobStatus.Succeeded]);
        Assert.Equal(1, runs[1].Statuses[JobStatus.Rejected]);
        Assert.Equal(2, runs[1].Statuses.Count);
        Assert.Equal(first.CommittedAt, runs[1].FirstCommittedAt);
        Assert.Equal(last.CommittedAt, runs[1].LastCommittedAt);
        Assert.Single(await Store.QueryRunsAsync(1, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_job_that_was_sent_again_in_parts_is_counted_as_its_parts()
    {
        var run = Guid.NewGuid();
        var whole = Rows.OfRun(run, 0, "a", "b", "c", "d") with { Status = JobStatus.Failed, Code = ErrorCode.ReplyTooLarge, Error = "too large", Outputs = [], BatchRows = null };
        await Store.CommitAsync(
            [
                whole, whole with { JobId = Guid.NewGuid(), RowCount = 2 }, Rows.OfRun(run, 0, "a"), Rows.OfRun(run, 1, "b"), Rows.OfRun(run, 2, "c", "d"),
                // Of rows that were not told apart, too.
                Rows.Partial() with { RunId = run, RunRow = 4 }, Rows.OfRun(run, 4, "e", "f"), Rows.OfRun(run, 6, "g", "h"),
                // These have no parts.
                Rows.Partial() with { RunId = run, RunRow = 8 }, whole with { JobId = Guid.NewGuid(), RunRow = 12, RowCount = 1 },
            ],
            Token);

        var found = Assert.Single(await Store.QueryRunsAsync(10, Token).ToListAsync(Token));

        Assert.Equal((13, 3, 7), (found.RowCount, found.FailedRowCount, found.JobCount));
        Assert.Equal((6, 1), (found.Statuses[JobStatus.Succeeded], found.Statuses[JobStatus.Failed]));
    }

    private async Task AssertFindsAsync(ResultQuery query, params ResultRow[] expected) =>
        Assert.Equal(expected.Select(row => row.JobId), (await QueryAsync(query)).Select(row => row.JobId));

    /// <summary>Commits a row at a time of its own, and gives it back as the store has it.</summary>
    private async Task<ResultRow> CommitAsync(ResultRow row)
    {
        await Store.CommitAsync([row], Token);
        var stored = await FindOneAsync(row.JobId);
        await TestStore.WaitForNextTimeAsync(stored.CommittedAt!.Value, Token);
        return stored;
    }
}
