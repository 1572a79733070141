using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Worker.Batching;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Resilience;

/// <summary>Lives of a worker, each of which ends when a batch holds a job that kills it, until no job is left.</summary>
public sealed class SuspectsTests : IAsyncLifetime
{
    private const int MaxBatchSize = 64;

    private readonly MemoryStore _store = new();
    private readonly Suspects _suspects;
    private readonly HashSet<Guid> _done = [];
    private readonly HashSet<Guid> _convicted = [];

    public SuspectsTests() =>
        _suspects = new Suspects(_store, new RetryPipelines(_store, TimeProvider.System, NullLogger<RetryPipelines>.Instance));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(512, 0)]
    [InlineData(512, 63)]
    [InlineData(512, 64)]
    [InlineData(512, 511)]
    [InlineData(64, 17)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public async Task One_culprit_is_found_within_log2_n_plus_1_crashes_and_no_innocent_is_convicted(int jobs, int culprit)
    {
        var ids = Ids(jobs);

        var crashes = await LiveUntilDoneAsync(ids, [ids[culprit]]);

        Assert.Equal([ids[culprit]], _convicted);
        Assert.Equal(jobs - 1, _done.Count);
        Assert.InRange(crashes, 1, (int)Math.Log2(MaxBatchSize) + 1);
    }

    // Each crash is a delivery more of all that the worker held, and a queue allows 20.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(32, 4)]
    [InlineData(64, 8)]
    [InlineData(1024, 8)]
    public async Task The_first_group_is_small_however_large_a_batch_is(int maxBatchSize, int group) =>
        Assert.Equal(group, await _suspects.GroupLimitAsync(Guid.NewGuid(), maxBatchSize, Token));

    [Fact]
    public async Task Several_culprits_are_each_found()
    {
        var ids = Ids(512);
        Guid[] culprits = [ids[3], ids[4], ids[200], ids[450], ids[511]];

        var crashes = await LiveUntilDoneAsync(ids, culprits);

        Assert.Equal([.. culprits.Order()], _convicted.Order());
        Assert.Equal(ids.Length - culprits.Length, _done.Count);
        Assert.InRange(crashes, 1, culprits.Length * ((int)Math.Log2(MaxBatchSize) + 1));
    }

    [Fact]
    public async Task A_worker_that_is_killed_by_hand_convicts_nobody()
    {
        var ids = Ids(100);
        // Each kill hits another moment: the jobs that were running then are suspects, and run to their end in the next life.
        for (var kill = 0; kill < 20; kill++)
        {
            await LiveAsync(ids, [], isFirst: kill == 0, batches: kill);
        }

        await LiveUntilDoneAsync(ids, [], isFirst: false);

        Assert.Empty(_convicted);
        Assert.Equal(ids.Length, _done.Count);
        Assert.Empty(_store.Suspicions);
    }

    private async Task<int> LiveUntilDoneAsync(Guid[] ids, Guid[] culprits, bool isFirst = true)
    {
        var crashes = 0;
        while (!await LiveAsync(ids, culprits, isFirst, int.MaxValue))
        {
            crashes++;
            isFirst = false;
            Assert.True(crashes < 1000);
        }

        return crashes;
    }

    /// <summary>One life: every job that is left is delivered, and batches run until none is left or the worker dies.</summary>
    /// <returns>Whether it ended well.</returns>
    private async Task<bool> LiveAsync(Guid[] ids, Guid[] culprits, bool isFirst, int batches)
    {
        using var batcher = new Batcher(MaxBatchSize, TimeSpan.Zero, TimeProvider.System);
        foreach (var id in ids.Where(id => !_done.Contains(id) && !_convicted.Contains(id)))
        {
            var limit = isFirst ? 0 : await _suspects.GroupLimitAsync(id, MaxBatchSize, Token);
            if (limit == 0 && !isFirst)
            {
                _convicted.Add(id);
                continue;
            }

            var job = PendingJobs.ToBatch(TimeProvider.System, id: id);
            job.GroupLimit = limit;
            batcher.Add(job);
        }

        batcher.Close();
        while (batcher.Take([]) is { } batch)
        {
            var group = batch.Slices.Select(slice => slice.Job.JobId).ToArray();
            Assert.Equal(!isFirst, batch.IsSuspect);
            Assert.True(isFirst || group.Length <= batch.Slices[0].Job.GroupLimit);
            if (batch.IsSuspect)
            {
                await _suspects.AccuseAsync(group, Token);
            }

            if (group.Intersect(culprits).Any() || batches-- == 0)
            {
                return false;
            }

            await _suspects.AcquitAsync(group, Token);
            _done.UnionWith(group);
        }

        return true;
    }

    private static Guid[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid())];
}
