namespace Millrace.Results.Tests.Contract;

public abstract class CommitContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    [Fact]
    public async Task A_new_row_comes_back_as_it_was_committed()
    {
        var row = Rows.Succeeded("7", "3") with
        {
            Lane = Lane.Bulk,
            RunId = Guid.NewGuid(),
            RunRow = 4_000_000_000,
            CorrelationId = "corr-1",
            ReplyTo = "amq.gen-1",
            PayloadHash = Guid.NewGuid().ToByteArray(),
            ReceivedAt = Rows.ReceivedAt.AddMicroseconds(123_456),
        };

        var earlier = await Store.CommitAsync([row], Token);

        Assert.Null(Assert.Single(earlier));
        Rows.AssertStored(row, await FindOneAsync(row.JobId));
    }

    [Fact]
    public async Task A_row_with_bad_rows_in_it_comes_back_as_it_was_committed_alone_and_among_others()
    {
        ResultRow[] rows =
        [
            Rows.Partial(),
            Rows.Succeeded("7"),
            Rows.Partial(
                Tensor.Create<float>("scores", [2, 3], [1, -0f, float.NaN, 4, 5, 6]),
                Tensor.Create<long>("class", [2], [1, 2]),
                Tensor.Create("texts", [2, 2], ["a", "", "b", "null"]),
                Tensor.Create<int>("none", [2, 0], [])),
            Rows.Rejected(rowCount: 1) with { RowErrors = [new RowError(0, ErrorCode.InvalidValue, "\ud83d and \0")] },
        ];

        foreach (var row in rows)
        {
            await Store.CommitAsync([row with { JobId = Guid.NewGuid() }], Token);
        }

        await Store.CommitAsync(rows, Token);

        Rows.AssertStored(rows[0], await FindOneAsync(rows[0].JobId));
        Rows.AssertStored(rows[1], await FindOneAsync(rows[1].JobId));
        Rows.AssertStored(rows[2], await FindOneAsync(rows[2].JobId));
        Assert.Equal("\ufffd and \ufffd", (await FindOneAsync(rows[3].JobId)).RowErrors[0].Error);
    }

    [Fact]
    public async Task A_row_of_every_status_comes_back()
    {
        var rows = Enum.GetValues<JobStatus>().Select(status => Rows.Rejected(rowCount: 0) with { Status = status, JobId = Guid.NewGuid() }).ToArray();

        await Store.CommitAsync(rows, Token);

        foreach (var row in rows)
        {
            Rows.AssertStored(row, await FindOneAsync(row.JobId));
        }
    }

    [Fact]
    public async Task Rows_that_differ_in_a_single_column_come_back_each_with_its_own()
    {
        var like = Rows.Succeeded("7");
        ResultRow[] others =
        [
            like with { ModelName = "other" },
            like with { ModelVersion = null },
            like with { Lane = Lane.Bulk },
            like with { Code = "code" },
            like with { Error = "error" },
            like with { RunId = Guid.NewGuid() },
            like with { RunRow = 7 },
            like with { RowCount = 2 },
            like with { BatchRows = null },
            like with { CorrelationId = "c" },
            like with { ReplyTo = "r" },
            like with { Worker = "other" },
            like with { ReceivedAt = Rows.ReceivedAt.AddHours(1) },
            like with { Outputs = [] },
            Rows.Partial(),
        ];
        foreach (var other in others)
        {
            ResultRow[] rows = [like with { JobId = Guid.NewGuid() }, other with { JobId = Guid.NewGuid() }];

            Assert.All(await Store.CommitAsync(rows, Token), Assert.Null);

            Rows.AssertStored(rows[0], await FindOneAsync(rows[0].JobId));
            Rows.AssertStored(rows[1], await FindOneAsync(rows[1].JobId));
        }
    }

    [Fact]
    public async Task A_second_commit_of_a_job_gets_the_row_of_the_first()
    {
        var first = Rows.Succeeded("7");
        await Store.CommitAsync([first], Token);

        var earlier = await Store.CommitAsync([Rows.Rejected() with { JobId = first.JobId }], Token);

        Rows.AssertStored(first, Assert.Single(earlier)!);
        Rows.AssertStored(first, await FindOneAsync(first.JobId));
    }

    [Fact]
    public async Task Of_two_rows_of_one_job_in_a_commit_the_first_stands()
    {
        var first = Rows.Succeeded("7");
        var second = Rows.Succeeded("8") with { JobId = first.JobId };
        var other = Rows.Succeeded("9");

        var earlier = await Store.CommitAsync([first, other, second], Token);

        Assert.Null(earlier[0]);
        Assert.Null(earlier[1]);
        Rows.AssertStored(first, earlier[2]!);
        Rows.AssertStored(first, await FindOneAsync(first.JobId));
    }

    [Fact]
    public async Task A_commit_of_old_and_new_jobs_answers_in_their_order()
    {
        var old = Enumerable.Range(0, 20).Select(i => Rows.Succeeded($"{i}")).ToArray();
        await Store.CommitAsync(old, Token);
        var mixed = old.SelectMany(row => new[] { row with { Worker = "second" }, Rows.Succeeded("new") }).ToArray();

        var earlier = await Store.CommitAsync(mixed, Token);

        Assert.Equal(mixed.Length, earlier.Count);
        for (var i = 0; i < mixed.Length; i++)
        {
            Assert.Equal(i % 2 == 0 ? mixed[i].JobId : null, earlier[i]?.JobId);
        }
    }

    [Fact]
    public async Task Writers_with_the_same_jobs_in_opposite_order_both_finish_and_each_job_is_inserted_once()
    {
        for (var round = 0; round < 10; round++)
        {
            var rows = Enumerable.Range(0, 200).Select(i => Rows.Succeeded($"{i}")).ToArray();
            var reversed = rows.Reverse().ToArray();

            var answers = await Task.WhenAll(
                Task.Run(() => Store.CommitAsync(rows, Token), Token),
                Task.Run(() => Store.CommitAsync(reversed, Token), Token),
                Task.Run(() => Store.CommitAsync(rows, Token), Token),
                Task.Run(() => Store.CommitAsync(reversed, Token), Token));

            Assert.Equal(rows.Length, answers.Sum(answer => answer.Count(row => row is null)));
        }
    }

    [Fact]
    public async Task An_empty_commit_does_nothing() => Assert.Empty(await Store.CommitAsync([], Token));

    [Fact]
    public async Task Texts_that_no_store_can_hold_are_replaced_and_do_not_break_the_commit()
    {
        var row = Rows.Rejected() with
        {
            ModelName = "a\0b",
            ModelVersion = "\ud800",
            Error = "lone \udc00 half, \ud83d\ude00 whole",
            CorrelationId = "\0",
            ReplyTo = "q\0",
            Worker = "w\0",
        };
        var innocent = Rows.Succeeded("7");

        await Store.CommitAsync([row, innocent], Token);

        var found = await FindOneAsync(row.JobId);
        Assert.Equal("a\ufffdb", found.ModelName);
        Assert.Equal("\ufffd", found.ModelVersion);
        Assert.Equal("lone \ufffd half, \ud83d\ude00 whole", found.Error);
        Assert.Equal("\ufffd", found.CorrelationId);
        Assert.Equal("q\ufffd", found.ReplyTo);
        Assert.Equal("w\ufffd", found.Worker);
        Rows.AssertStored(innocent, await FindOneAsync(innocent.JobId));
    }

    [Fact]
    public async Task A_cancelled_commit_leaves_no_row()
    {
        var row = Rows.Succeeded("7");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CommitAsync([row], new CancellationToken(canceled: true)));

        Assert.Empty(await Store.FindAsync([row.JobId], Token));
    }

    [Fact]
    public async Task Jobs_without_a_row_are_left_out_of_what_is_found()
    {
        var row = Rows.Succeeded("7");
        await Store.CommitAsync([row], Token);

        var found = await Store.FindAsync([Guid.NewGuid(), row.JobId], Token);

        Assert.Equal(row.JobId, Assert.Single(found).JobId);
        Assert.Empty(await Store.FindAsync([], Token));
    }

    [Fact]
    public async Task The_first_undeliverable_mark_stands_with_its_reason()
    {
        var marked = Rows.Succeeded("7");
        var other = Rows.Succeeded("8");
        await Store.CommitAsync([marked, other], Token);

        await Store.MarkUndeliverableAsync(
            [new(marked.JobId, UndeliverableReason.Refused), new(Guid.NewGuid(), UndeliverableReason.NoQueue), new(marked.JobId, UndeliverableReason.NoQueue)], Token);
        var first = await FindOneAsync(marked.JobId);
        await Store.MarkUndeliverableAsync([new(marked.JobId, UndeliverableReason.TooLarge)], Token);
        await Store.MarkUndeliverableAsync([], Token);

        Assert.NotNull(first.UndeliverableAt);
        Assert.Equal(UndeliverableReason.Refused, first.UndeliverableReason);
        var second = await FindOneAsync(marked.JobId);
        Assert.Equal((first.UndeliverableAt, first.UndeliverableReason), (second.UndeliverableAt, second.UndeliverableReason));
        var unmarked = await FindOneAsync(other.JobId);
        Assert.Equal((null, null), (unmarked.UndeliverableAt, unmarked.UndeliverableReason));
    }

    [Fact]
    public async Task Each_of_many_marks_has_its_own_reason()
    {
        var rows = Enumerable.Range(0, 1_000).Select(i => Rows.Succeeded($"{i}")).ToArray();
        await Store.CommitAsync(rows, Token);
        string[] reasons = [UndeliverableReason.NoQueue, UndeliverableReason.ClosesChannel, UndeliverableReason.AfterRedelivery(UndeliverableReason.NoQueue)];

        await Store.MarkUndeliverableAsync([.. rows.Select((row, i) => new UndeliverableReply(row.JobId, reasons[i % 3]))], Token);

        var found = (await Store.FindAsync([.. rows.Select(row => row.JobId)], Token)).ToDictionary(row => row.JobId);
        Assert.Equal(rows.Select((_, i) => reasons[i % 3]), rows.Select(row => found[row.JobId].UndeliverableReason));
    }
}
