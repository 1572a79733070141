using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

/// <summary>What is true of any jobs in any order: every row comes out once, in batches that keep to the rules.</summary>
public sealed class BatcherPropertyTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static Gen<(int MaxBatchSize, JobSpec[] Jobs)> Loads =>
        from max in Gen.Choose(1, 9)
        from jobs in (
            from rows in Gen.Frequency((8, Gen.Choose(1, 4)), (1, Gen.Choose(5, 30)))
            from width in Gen.Choose(1, 3)
            from lane in Gen.Elements(Lane.Interactive, Lane.Interactive, Lane.Bulk)
            from end in Gen.Frequency((8, Gen.Constant(JobEnd.Runs)), (1, Gen.Constant(JobEnd.Expires)), (1, Gen.Constant(JobEnd.IsDecided)))
            select new JobSpec(rows, width, lane, end)).ArrayOf()
        select (max, jobs);

    [Fact]
    public void Every_row_comes_out_once_in_order_and_no_batch_breaks_the_rules() => Prop.ForAll(Loads.ToArbitrary(), load =>
    {
        using var time = new ManualTime();
        using var batcher = new Batcher(load.MaxBatchSize, TimeSpan.Zero, time);
        var jobs = load.Jobs.Select(spec => Add(batcher, time, spec)).ToArray();
        batcher.Close();

        var expired = new List<PendingJob>();
        var batches = new List<Batch>();
        while (true)
        {
            var before = expired.Count;
            if (batcher.Take(expired) is { } batch)
            {
                batches.Add(batch);
            }
            else if (expired.Count == before)
            {
                break;
            }
        }

        var specs = jobs.Zip(load.Jobs).ToDictionary(pair => pair.First, pair => pair.Second);
        Assert.Equal(jobs.Where(job => specs[job].End == JobEnd.Expires).ToHashSet<PendingJob>(), expired.ToHashSet());
        Assert.Equal(expired.Count, expired.Distinct().Count());
        Assert.All(batches, batch => CheckBatch(batch, load.MaxBatchSize));
        CheckRows(jobs.Where(job => specs[job].End == JobEnd.Runs), batches, load.MaxBatchSize);
        CheckOrder(jobs, batches);
        CheckGreed(batches, load.MaxBatchSize);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(8, 3, 4)]
    [InlineData(64, 2, 2)]
    public async Task Many_threads_that_add_and_take_lose_no_row_and_run_none_twice(int maxBatchSize, int sessions, int publishers)
    {
        const int jobsEach = 3_000;
        using var batcher = new Batcher(maxBatchSize, TimeSpan.Zero, TimeProvider.System);
        var batches = new ConcurrentBag<Batch>();
        var taking = Enumerable.Range(0, sessions).Select(_ => OnThread(() =>
        {
            while (batcher.Take([]) is { } batch)
            {
                batches.Add(batch);
            }
        })).ToArray();
        var jobs = new ConcurrentBag<RunnableJob>();
        var adding = Enumerable.Range(0, publishers).Select(seed => OnThread(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < jobsEach; i++)
            {
                var rows = random.Next(20) == 0 ? random.Next(1, 3 * maxBatchSize) : random.Next(1, 4);
                var job = PendingJobs.ToBatch(TimeProvider.System, rows, random.Next(1, 4), random.Next(3) == 0 ? Lane.Bulk : Lane.Interactive);
                jobs.Add(job);
                batcher.Add(job);
            }
        })).ToArray();

        await Task.WhenAll(adding).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        batcher.Close();
        await Task.WhenAll(taking).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal(publishers * jobsEach, jobs.Count);
        Assert.All(batches, batch => CheckBatch(batch, maxBatchSize));
        CheckRows(jobs, batches, maxBatchSize);
    }

    [Fact]
    public void Under_saturated_interactive_load_every_bulk_job_is_taken_and_costs_the_others_an_eighth() => Prop.ForAll(
        (from max in Gen.Choose(1, 9)
         from bulk in (from rows in Gen.Choose(1, 12) from width in Gen.Choose(1, 4) select new JobSpec(rows, width, Lane.Bulk, JobEnd.Runs)).ArrayOf()
         select (max, bulk)).ToArbitrary(),
        load =>
    {
        using var time = new ManualTime();
        using var batcher = new Batcher(load.max, TimeSpan.Zero, time);
        var waiting = load.bulk.Select(spec => Add(batcher, time, spec)).ToHashSet();
        time.Advance(TimeSpan.FromSeconds(1));
        var bulkBatches = load.bulk.Sum(spec => (spec.Rows + load.max - 1) / load.max);
        var (taken, ofBulk) = (0, 0);
        while (waiting.Count > 0)
        {
            // Of one bulk job's shape, as full as a batch can be.
            Add(batcher, time, new JobSpec(load.max, Width: 1, Lane.Interactive, JobEnd.Runs));
            var batch = batcher.Take([])!;
            taken++;
            ofBulk += batch.Slices.Any(slice => slice.Job.Lane == Lane.Bulk) ? 1 : 0;
            waiting.ExceptWith(batch.Slices.Where(slice => slice.FirstRow + slice.Rows == slice.Job.RowCount).Select(slice => slice.Job));
        }

        Assert.InRange(taken, 0, 8 * bulkBatches);
        Assert.InRange(ofBulk, 0, taken / 8.0);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true));

    private static void CheckBatch(Batch batch, int maxBatchSize)
    {
        Assert.InRange(batch.Rows, 1, maxBatchSize);
        Assert.Equal(batch.Rows, batch.Slices.Sum(slice => slice.Rows));
        Assert.All(batch.Slices, slice => Assert.Equal(batch.Key, slice.Job.Key));
        Assert.Distinct(batch.Slices.Select(slice => slice.Job));
    }

    private static void CheckRows(IEnumerable<RunnableJob> jobs, IEnumerable<Batch> batches, int maxBatchSize)
    {
        var slices = batches.SelectMany(batch => batch.Slices).ToLookup(slice => slice.Job);
        var count = 0;
        foreach (var job in jobs)
        {
            count++;
            var next = 0;
            foreach (var slice in slices[job].OrderBy(slice => slice.FirstRow))
            {
                Assert.Equal(next, slice.FirstRow);
                next += slice.Rows;
            }

            Assert.Equal(job.RowCount, next);
            if (job.RowCount <= maxBatchSize)
            {
                Assert.Single(slices[job]);
            }
        }

        Assert.Equal(count, slices.Count);
    }

    private static void CheckOrder(RunnableJob[] jobs, List<Batch> batches)
    {
        var positions = jobs.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var lines = batches.SelectMany(batch => batch.Slices).GroupBy(slice => (slice.Job.Key, slice.Job.Lane));
        Assert.All(lines, line =>
        {
            var order = line.Select(slice => positions[slice.Job]).ToList();
            Assert.Equal(order.Order(), order);
        });
    }

    /// <summary>All jobs were there before the first batch was taken, so a batch may only end where the next job did not fit.</summary>
    private static void CheckGreed(List<Batch> batches, int maxBatchSize)
    {
        foreach (var line in batches.GroupBy(batch => batch.Key))
        {
            foreach (var (batch, next) in line.Zip(line.Skip(1)))
            {
                var first = next.Slices[0].Job;
                var room = maxBatchSize - batch.Rows;
                Assert.True(room == 0 || (first.RowCount <= maxBatchSize && first.RowCount > room), $"{room} rows were left free");
            }
        }
    }

    private static RunnableJob Add(Batcher batcher, ManualTime time, JobSpec spec)
    {
        time.Advance(TimeSpan.FromTicks(1));
        var deadline = spec.End == JobEnd.Expires ? time.GetTimestamp() : long.MaxValue;
        var job = PendingJobs.ToBatch(time, spec.Rows, spec.Width, spec.Lane, deadline);
        batcher.Add(job);
        if (spec.End == JobEnd.IsDecided)
        {
            job.TryDecide(new JobOutcome { Status = JobStatus.Cancelled });
        }

        return job;
    }

    private static Task OnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private enum JobEnd
    {
        Runs,
        Expires,
        IsDecided,
    }

    private sealed record JobSpec(int Rows, int Width, Lane Lane, JobEnd End);
}
