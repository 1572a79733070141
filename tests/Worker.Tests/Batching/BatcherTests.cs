using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

public sealed class BatcherTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly List<PendingJob> _expired = [];
    private Batcher _batcher;

    public BatcherTests() => _batcher = new Batcher(4, TimeSpan.Zero, _time);

    public void Dispose()
    {
        _batcher.Dispose();
        _time.Dispose();
    }

    [Fact]
    public async Task An_idle_session_takes_at_once_whatever_waits()
    {
        var jobs = Add(1, 1, 1);

        Assert.Equal(Whole(jobs), (await Take())!.Slices);
    }

    [Fact]
    public async Task A_session_that_waits_takes_the_next_job()
    {
        var taking = Take();
        var jobs = Add(1);

        Assert.Equal(Whole(jobs), (await taking)!.Slices);
    }

    [Fact]
    public async Task A_batch_is_counted_in_rows_and_a_job_that_fits_is_never_split()
    {
        var jobs = Add(3, 3, 1, 4, 2, 2);

        Assert.Equal(Whole(jobs[0]), (await Take())!.Slices);
        Assert.Equal(Whole(jobs[1..3]), (await Take())!.Slices);
        Assert.Equal(Whole(jobs[3]), (await Take())!.Slices);
        Assert.Equal(Whole(jobs[4..6]), (await Take())!.Slices);
    }

    [Fact]
    public async Task A_job_of_more_rows_than_a_batch_is_split_and_its_rest_goes_with_the_next_jobs()
    {
        var jobs = Add(1, 10, 1, 2);

        Assert.Equal([new BatchSlice(jobs[0], 0, 1), new BatchSlice(jobs[1], 0, 3)], (await Take())!.Slices);
        Assert.Equal([new BatchSlice(jobs[1], 3, 4)], (await Take())!.Slices);
        Assert.Equal([new BatchSlice(jobs[1], 7, 3), new BatchSlice(jobs[2], 0, 1)], (await Take())!.Slices);
        Assert.Equal(Whole(jobs[3]), (await Take())!.Slices);
    }

    [Fact]
    public async Task Jobs_of_other_shapes_go_in_batches_of_their_own_the_oldest_first()
    {
        var narrow = Add(1);
        _time.Advance(TimeSpan.FromTicks(1));
        var wide = AddOne(1, width: 8);
        _time.Advance(TimeSpan.FromTicks(1));
        narrow = [.. narrow, .. Add(1)];

        Assert.Equal(Whole(narrow), (await Take())!.Slices);
        var batch = await Take();
        Assert.Equal(Whole(wide), batch!.Slices);
        Assert.Equal(wide.Key, batch.Key);
    }

    [Fact]
    public async Task The_bulk_lane_fills_what_the_interactive_lane_leaves_free()
    {
        var bulk = new[] { AddOne(1, Lane.Bulk), AddOne(1, Lane.Bulk), AddOne(1, Lane.Bulk) };
        _time.Advance(TimeSpan.FromTicks(1));
        var interactive = Add(1, 1);

        Assert.Equal(Whole([interactive[0], interactive[1], bulk[0], bulk[1]]), (await Take())!.Slices);
        Assert.Equal(Whole(bulk[2]), (await Take())!.Slices);
    }

    [Fact]
    public async Task The_bulk_lane_fills_the_gap_that_an_interactive_job_does_not_fit_into()
    {
        var interactive = Add(3, 3);
        var bulk = AddOne(1, Lane.Bulk);

        Assert.Equal(Whole([interactive[0], bulk]), (await Take())!.Slices);
        Assert.Equal(Whole(interactive[1]), (await Take())!.Slices);
    }

    [Fact]
    public async Task The_bulk_lane_gets_whole_batches_while_nobody_waits()
    {
        var bulk = new[] { AddOne(2, Lane.Bulk), AddOne(2, Lane.Bulk) };

        Assert.Equal(Whole(bulk), (await Take())!.Slices);
    }

    [Fact]
    public async Task An_interactive_job_goes_before_an_older_bulk_job_of_another_shape()
    {
        var bulk = AddOne(1, Lane.Bulk, width: 8);
        _time.Advance(TimeSpan.FromTicks(1));
        var interactive = Add(1);

        Assert.Equal(Whole(interactive), (await Take())!.Slices);
        Assert.Equal(Whole(bulk), (await Take())!.Slices);
    }

    [Fact]
    public async Task A_batch_waits_for_max_queue_delay_counted_from_the_oldest_job()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var first = Add(1);
        var taking = Take();
        Assert.Equal(TimeSpan.FromMilliseconds(5), _time.WaitUntilArmed());

        _time.Advance(TimeSpan.FromMilliseconds(3));
        var second = Add(1);
        Assert.False(taking.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(Whole([.. first, .. second]), (await taking)!.Slices);
    }

    [Fact]
    public async Task A_full_batch_does_not_wait()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var first = Add(3);
        var taking = Take();
        _time.WaitUntilArmed();

        var second = Add(1);

        Assert.Equal(Whole([.. first, .. second]), (await taking)!.Slices);
    }

    [Fact]
    public async Task A_full_batch_of_one_shape_does_not_wait_behind_another_shape_that_does()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var waiting = AddOne(1, width: 8);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var full = Add(4);

        Assert.Equal(Whole(full), (await Take())!.Slices);

        var taking = Take();
        Assert.Equal(TimeSpan.FromMilliseconds(4), _time.WaitUntilArmed());
        _time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.Equal(Whole(waiting), (await taking)!.Slices);
    }

    [Fact]
    public async Task A_bulk_batch_whose_delay_is_over_does_not_wait_for_a_younger_interactive_job()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var bulk = AddOne(1, Lane.Bulk, width: 8);
        _time.Advance(TimeSpan.FromMilliseconds(3));
        var interactive = Add(1);
        var taking = Take();
        Assert.Equal(TimeSpan.FromMilliseconds(2), _time.WaitUntilArmed());

        _time.Advance(TimeSpan.FromMilliseconds(2));

        Assert.Equal(Whole(bulk), (await taking)!.Slices);
        taking = Take();
        Assert.Equal(TimeSpan.FromMilliseconds(3), _time.WaitUntilArmed());
        _time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Equal(Whole(interactive), (await taking)!.Slices);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public async Task A_bulk_job_that_interactive_ones_leave_no_room_for_is_taken_within_a_second_and_eight_batches(long width)
    {
        AddMany(20);
        var bulk = AddOne(1, Lane.Bulk, width);
        for (var batches = 0; batches < 16; batches++)
        {
            Assert.DoesNotContain(bulk, (await Take())!.Slices.Select(slice => slice.Job));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        AddMany(20);
        Assert.Contains(bulk, (await Take())!.Slices.Select(slice => slice.Job));
    }

    [Fact]
    public async Task Of_saturated_interactive_load_bulk_jobs_that_have_waited_take_one_batch_in_eight()
    {
        AddMany(40);
        var bulk = Enumerable.Range(0, 3).Select(i => AddOne(4, Lane.Bulk, width: 8 + i)).ToArray();
        _time.Advance(TimeSpan.FromSeconds(1));

        var turns = new List<int>();
        for (var i = 1; i <= 24; i++)
        {
            if ((await Take())!.Slices[0].Job.Lane == Lane.Bulk)
            {
                turns.Add(i);
            }
        }

        Assert.Equal([8, 16, 24], turns);
        Assert.Equal(3, bulk.Length);
    }

    [Fact]
    public async Task An_idle_session_takes_a_job_of_another_shape_while_the_first_ones_batch_runs()
    {
        var first = Task.Run(() => _batcher.Take([]));
        var second = Task.Run(() => _batcher.Take([]));
        var narrow = AddOne(1);
        var wide = AddOne(1, width: 8);

        var batches = await Task.WhenAll(first, second).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(new[] { narrow, wide }.ToHashSet(), batches.Select(batch => batch!.Slices.Single().Job).ToHashSet());
    }

    [Fact]
    public async Task A_job_whose_deadline_passed_leaves_instead_of_being_run()
    {
        var late = AddOne(1, deadline: _time.TimestampIn(TimeSpan.FromMilliseconds(10)));
        var jobs = Add(1);
        var alsoLate = AddOne(1, deadline: _time.TimestampIn(TimeSpan.FromMilliseconds(10)));
        var last = Add(1);
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(Whole([.. jobs, .. last]), (await Take())!.Slices);
        Assert.Equal([late, alsoLate], _expired);
    }

    [Fact]
    public async Task A_job_is_run_up_to_its_deadline()
    {
        var job = AddOne(1, deadline: _time.TimestampIn(TimeSpan.FromMilliseconds(10)));
        _time.Advance(TimeSpan.FromMilliseconds(10) - TimeSpan.FromTicks(1));

        Assert.Equal(Whole(job), (await Take())!.Slices);
        Assert.Empty(_expired);
    }

    [Fact]
    public async Task Where_every_job_has_expired_there_is_no_batch_and_they_are_told_at_once()
    {
        var late = AddOne(1, deadline: _time.GetTimestamp());

        Assert.Null(await Take());
        Assert.Equal([late], _expired);
        Assert.False(_batcher.IsClosed);
    }

    [Fact]
    public async Task Expired_jobs_are_told_before_the_others_delay_is_over()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var late = AddOne(3, deadline: _time.GetTimestamp());
        var jobs = Add(1);

        Assert.Null(await Take());
        Assert.Equal([late], _expired);

        // The rows that left do not make the batch full either.
        _expired.Clear();
        var taking = Take();
        Assert.Equal(TimeSpan.FromMilliseconds(5), _time.WaitUntilArmed());
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(Whole(jobs), (await taking)!.Slices);
    }

    [Fact]
    public async Task A_job_that_is_decided_already_leaves_without_a_word()
    {
        var cancelled = AddOne(1);
        cancelled.TryDecide(new JobOutcome { Status = JobStatus.Cancelled });
        var jobs = Add(1);

        Assert.Equal(Whole(jobs), (await Take())!.Slices);
        Assert.Empty(_expired);
    }

    [Fact]
    public async Task The_rest_of_a_split_job_that_failed_is_not_run()
    {
        var split = AddOne(10);
        var jobs = Add(1);
        Assert.Equal([new BatchSlice(split, 0, 4)], (await Take())!.Slices);

        split.TryDecide(JobOutcome.Failed(ErrorCode.InferenceFailed, "no"));

        Assert.Equal(Whole(jobs), (await Take())!.Slices);
    }

    [Fact]
    public async Task A_job_that_is_tried_again_gets_a_batch_of_its_own_and_keeps_its_place()
    {
        var first = Add(1)[0];
        var again = PendingJobs.ToBatch(_time, attempt: 2);
        _batcher.Add(again);
        var others = Add(1, 1);

        Assert.Equal(Whole(first), (await Take())!.Slices);
        Assert.Equal(Whole(again), (await Take())!.Slices);
        Assert.Equal(Whole(others), (await Take())!.Slices);
    }

    [Fact]
    public async Task A_lower_limit_holds_from_the_next_batch_on_and_is_never_raised()
    {
        var jobs = Add(4, 4, 1, 1);
        await Take();
        Assert.True(_batcher.TryLimit(2));
        Assert.False(_batcher.TryLimit(3));

        Assert.Equal(2, _batcher.MaxBatchSize);
        Assert.Equal([new BatchSlice(jobs[1], 0, 2)], (await Take())!.Slices);
        Assert.Equal([new BatchSlice(jobs[1], 2, 2)], (await Take())!.Slices);
        Assert.Equal(Whole(jobs[2..4]), (await Take())!.Slices);
    }

    [Fact]
    public void A_batch_is_split_by_rows_also_within_a_job()
    {
        var jobs = Add(3, 4, 1);
        var parts = new Batch(jobs[0].Key, Whole(jobs)).Split(3);

        Assert.Equal(Whole(jobs[0]), parts[0].Slices);
        Assert.Equal([new BatchSlice(jobs[1], 0, 3)], parts[1].Slices);
        Assert.Equal([new BatchSlice(jobs[1], 3, 1), new BatchSlice(jobs[2], 0, 1)], parts[2].Slices);
        Assert.Equal(3, parts.Count);
    }

    [Fact]
    public async Task Two_idle_sessions_share_what_one_of_them_cannot_take()
    {
        var taking = new[] { Task.Run(() => _batcher.Take([])), Task.Run(() => _batcher.Take([])) };
        var job = AddOne(8);

        var batches = await Task.WhenAll(taking).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal(
            [new BatchSlice(job, 0, 4), new BatchSlice(job, 4, 4)],
            batches.SelectMany(batch => batch!.Slices).OrderBy(slice => slice.FirstRow));
    }

    [Fact]
    public async Task Closing_lets_the_sessions_take_what_waits_without_delay_and_then_ends_them()
    {
        Use(TimeSpan.FromMilliseconds(5));
        var narrow = Add(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var wide = AddOne(1, width: 8);
        var taking = Take();
        _time.WaitUntilArmed();

        _batcher.Close();

        Assert.Equal(Whole(narrow), (await taking)!.Slices);
        Assert.Equal(Whole(wide), (await Take())!.Slices);
        Assert.Null(await Take());
        Assert.Null(await Take());
        Assert.True(_batcher.IsClosed);
    }

    [Fact]
    public async Task Closing_ends_every_session_that_waits()
    {
        var taking = new[] { Task.Run(() => _batcher.Take([])), Task.Run(() => _batcher.Take([])) };

        _batcher.Close();

        Assert.All(await Task.WhenAll(taking).WaitAsync(s_patience, TestContext.Current.CancellationToken), Assert.Null);
    }

    [Fact]
    public async Task Closing_and_taking_gives_out_what_waits_but_for_what_is_decided_and_ends_the_sessions()
    {
        var split = AddOne(10);
        Assert.Equal([new BatchSlice(split, 0, 4)], (await Take())!.Slices);
        var wide = AddOne(1, width: 8);
        var bulk = AddOne(1, Lane.Bulk);
        var cancelled = AddOne(1);
        cancelled.TryDecide(JobOutcome.Cancelled);
        var waiting = new List<PendingJob>();

        _batcher.CloseAndTake(waiting);

        Assert.Equal(new[] { split, wide, bulk }.ToHashSet<PendingJob>(), waiting.ToHashSet());
        Assert.All(waiting, job => Assert.False(job.TryDecide(JobOutcome.Cancelled)));
        Assert.Null(await Take());
        Assert.Throws<RunStoppedException>(() => AddOne(1));
    }

    [Fact]
    public void Nothing_can_be_added_to_a_closed_batcher()
    {
        _batcher.Close();

        Assert.Throws<RunStoppedException>(() => AddOne(1));
    }

    private static IReadOnlyList<BatchSlice> Whole(params RunnableJob[] jobs) => [.. jobs.Select(job => new BatchSlice(job, 0, job.RowCount))];

    private void Use(TimeSpan maxQueueDelay)
    {
        _batcher.Dispose();
        _batcher = new Batcher(4, maxQueueDelay, _time);
    }

    /// <summary>Full batches of one interactive job.</summary>
    private void AddMany(int batches)
    {
        for (var i = 0; i < batches; i++)
        {
            AddOne(4);
        }
    }

    private RunnableJob[] Add(params int[] rows) => [.. rows.Select(count => AddOne(count))];

    private RunnableJob AddOne(int rows, Lane lane = Lane.Interactive, long width = 4, long deadline = long.MaxValue)
    {
        var job = PendingJobs.ToBatch(_time, rows, width, lane, deadline);
        _batcher.Add(job);
        return job;
    }

    private Task<Batch?> Take() => Task.Run(() => _batcher.Take(_expired)).WaitAsync(s_patience, TestContext.Current.CancellationToken);
}
