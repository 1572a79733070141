using System.Diagnostics;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults;

/// <summary>One run of a scenario: its seed, its site, its client, and the check at its end.</summary>
internal sealed class Trial
{
    /// <summary>How long nothing at all may happen before a trial gives up waiting and is checked as it is.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>How long one thing that must happen may take, on a machine that does much else.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(3);

    // Three times as long as the longest that a message waits in a retry queue of the workers of a trial.
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>What workers take jobs from: empty once every job has ended.</summary>
    private static readonly string[] s_workersQueues =
    [
        BrokerNames.Queue(Site.Model, Lane.Interactive),
        BrokerNames.Queue(Site.Model, Lane.Bulk),
        BrokerNames.DeadLetterRows,
        BrokerNames.Retry(Site.RetryDelay),
    ];

    /// <summary>What a rate is measured over.</summary>
    private static readonly TimeSpan s_rateInterval = TimeSpan.FromSeconds(3);

    // Of the time that one look at the rows takes: counting a million of them must not be what slows the workers down.
    private const int LooksPart = 20;

    private Trial(Summary summary, History history, Ledger ledger, Site site, LoadClient client)
    {
        Random = new Random(summary.Seed);
        Summary = summary;
        History = history;
        Ledger = ledger;
        Site = site;
        Client = client;
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Decides what the scenario leaves to chance. For one thread at a time.</summary>
    public Random Random { get; }

    public Summary Summary { get; }

    public History History { get; }

    public Ledger Ledger { get; }

    public Site Site { get; }

    public LoadClient Client { get; }

    /// <summary>
    /// Runs a scenario. Where it fails, its history is kept, and the message has the seed and the file; a full run's is kept in any case,
    /// with a summary.
    /// </summary>
    /// <param name="servers">What it breaks.</param>
    /// <param name="name">The scenario's.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="tablespace">Of the database; null for the server's own.</param>
    public static async Task RunAsync(Servers servers, string name, Func<Trial, Task> scenario, string? tablespace = null)
    {
        await servers.StartAsync(Token);
        var seed = Scale.Seed ?? Random.Shared.Next();
        var summary = new Summary { Scenario = name, Seed = seed };
        var history = new History();
        var ledger = new Ledger();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: seed {seed}");
        try
        {
            await using var site = await Site.CreateAsync(servers, seed, tablespace, history, Token);
            await using var client = await LoadClient.StartAsync(site.Broker, ledger, history, Token);
            await scenario(new Trial(summary, history, ledger, site, client));
            if (Scale.IsFull)
            {
                // Not before, so that a run of hours has all its figures.
                Assert.All(summary.Figures, figure => Assert.True(figure.Value.Holds, $"{figure.Key}: {figure.Value}"));
                history.Save(name, seed, ledger);
            }
        }
        catch (Exception fault)
        {
            summary.Failed = true;
            history.Add("trial", fault.ToString());
            throw new TrialFailedException($"{name} failed. Seed {seed} (MILLRACE_FAULTS_SEED={seed}), history in {history.Save(name, seed, ledger)}", fault);
        }
        finally
        {
            if (Scale.IsFull)
            {
                (summary.Date, summary.Seconds) = (TimeProvider.System.GetUtcNow(), history.Elapsed.TotalSeconds);
                summary.Save(Repository.Artifacts);
            }
        }
    }

    /// <summary>Says that a fault is injected now.</summary>
    /// <param name="fault">Which one.</param>
    /// <param name="detail">Where it hits; for the history alone.</param>
    public void Inject(string fault, string detail = "")
    {
        History.Add("nemesis", detail.Length > 0 ? $"{fault}: {detail}" : fault);
        Summary.Count(fault);
    }

    /// <summary>Holds a figure to its limit, at the end of a full trial; says it in any.</summary>
    public void Hold(string what, double value, double limit, string unit, bool atLeast = false)
    {
        var figure = new Figure(value, limit, unit, atLeast, 1);
        Summary.Figures[what] = Summary.Figures.TryGetValue(what, out var before) ? before.With(value) : figure;
        Say($"{what}: {figure}");
    }

    /// <summary>Says something to the history and to who runs the test.</summary>
    public void Say(string line)
    {
        History.Add("trial", line);
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }

    /// <summary>Starts jobs that go on until they are told to stop.</summary>
    public Load StartLoad(Func<LedgerEntry>? next = null, int open = 256) => new(Client, next ?? (() => Ledger.Add(Client.ReplyQueue)), open, Token);

    /// <summary>Starts two workers, <c>worker-a</c> and <c>worker-b</c>.</summary>
    /// <param name="suffix">Follows their names, where a trial starts workers more than once.</param>
    /// <param name="settings">Of both.</param>
    public async Task<IReadOnlyList<LocalWorker>> StartWorkersAsync(string suffix = "", params (string Key, string Value)[] settings) =>
        await Task.WhenAll(Names(suffix).Select(name => Site.StartWorkerAsync(name, Token, settings)));

    /// <summary>Waits for some more rows, by chance: the next fault hits at another moment each time.</summary>
    public async Task MoreRowsAsync()
    {
        var more = Random.Next(1, 300);
        long? before = null;
        await UntilAsync("more rows", async () =>
        {
            var rows = await Site.Database.TryCountAsync(Token);
            before ??= rows;
            return rows >= before + more;
        });
    }

    /// <summary>Stops the database, and waits until both workers have lost so many calls.</summary>
    /// <param name="lostCalls">How many.</param>
    /// <param name="suffix">That of <see cref="StartWorkersAsync"/>.</param>
    public async Task TakeDatabaseAwayAsync(int lostCalls, string suffix = "")
    {
        var before = Names(suffix).ToDictionary(name => name, CountLostCalls);
        Inject("database stopped");
        await Site.Servers.Database.StopAsync(PostgresStop.Fast);
        await UntilAsync("both workers miss the database", () => before.All(worker => CountLostCalls(worker.Key) >= worker.Value + lostCalls));
    }

    /// <summary>Publishes so many jobs and waits until the broker has them.</summary>
    public Task PublishAsync(int count, Func<int, LedgerEntry>? make = null) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = Token },
        async (i, token) => await Client.PublishAsync(make?.Invoke(i) ?? Ledger.Add(Client.ReplyQueue), token));

    /// <summary>Waits for what another process does without a signal; fails where nothing comes of it for a long time.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_longestWait, $"It did not come to this: {what}.");
            await Task.Delay(s_interval, Token);
        }
    }

    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <summary>Publishes a job and waits for its reply: the site works again, and soon enough.</summary>
    /// <param name="after">The fault that has just ended.</param>
    /// <param name="within">How soon.</param>
    public async Task WorksAgainAsync(string after, TimeSpan within)
    {
        var start = Stopwatch.GetTimestamp();
        var probe = Ledger.Add(Client.ReplyQueue);
        await Client.PublishAsync(probe, Token);
        await UntilAsync($"a reply after {after}", () => probe.Replies.Count > 0);
        Hold($"works again after {after}", Stopwatch.GetElapsedTime(start).TotalSeconds, within.TotalSeconds, "s");
    }

    /// <summary>Rows in a second, over the next three; in the short form 0, at once.</summary>
    public async Task<double> MeasureRateAsync()
    {
        if (!Scale.IsFull)
        {
            return 0;
        }

        var (start, before) = (Stopwatch.GetTimestamp(), await Site.Database.CountAsync(Token));
        await Task.Delay(s_rateInterval, Token);
        return (await Site.Database.CountAsync(Token) - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>
    /// Holds the rate of rows to what it was: over three seconds, from when it must have come back. What had been held up is through by
    /// then, so it is the load's rate that is seen and no burst.
    /// </summary>
    /// <param name="after">The fault.</param>
    /// <param name="before">The rate before; 0 where it was not measured.</param>
    /// <param name="since">When the fault ended, as <see cref="Stopwatch"/> has it.</param>
    /// <param name="within">How soon the rate must be back.</param>
    public async Task RateReturnsAsync(string after, double before, long since, TimeSpan within)
    {
        if (before == 0)
        {
            return;
        }

        if (within - Stopwatch.GetElapsedTime(since) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, Token);
        }

        Hold($"rate {within.TotalSeconds:0} s after {after}", await MeasureRateAsync() / before, Limits.Rate, "of that before", atLeast: true);
    }

    /// <summary>Ends the workers and checks what is there.</summary>
    /// <param name="settle">Whether to wait first until every job has ended, or nothing happens any more.</param>
    public async Task<IReadOnlyList<Violation>> EndAsync(bool settle = true)
    {
        if (settle)
        {
            await SettleAsync();
        }

        History.Add("trial", "ends the workers");
        var exits = await Site.StopWorkersAsync(Token);
        Assert.All(exits, exit => Assert.Equal(0, exit));
        var dead = (await Client.CountAsync(BrokerNames.DeadLetters, Token)).GetValueOrDefault() == 0 ? [] : await Client.DrainAsync(BrokerNames.DeadLetters, Token);
        var evidence = new Evidence
        {
            Ledger = [.. Ledger.Entries],
            Rows = await Site.Database.ReadRowsAsync(Token),
            Changed = await Site.Database.ReadChangedAsync(Token),
            Queues = await CountMessagesAsync(),
            DeadLetters = [.. dead.Select(letter => Guid.TryParse(letter.BasicProperties.CorrelationId, out var id) ? id : (Guid?)null)],
            StrayReplies = Client.StrayReplies,
        };
        var violations = Checker.Check(evidence);
        (Summary.Jobs, Summary.Violations) = (Ledger.Count, violations.Count);
        History.Add("trial", $"{Ledger.Count} job(s), {evidence.Rows.Count} row(s), {violations.Count} violation(s)");
        return violations;
    }

    /// <summary>Ends the trial and requires that every promise was kept.</summary>
    public async Task HoldsAsync()
    {
        var violations = await EndAsync();
        Assert.True(violations.Count == 0, Checker.Describe(violations));
    }

    /// <summary>Waits until every job has ended, or nothing happens any more.</summary>
    public async Task SettleAsync()
    {
        var last = (Rows: 0L, Replies: 0);
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < s_patience)
        {
            var start = Stopwatch.GetTimestamp();
            var entries = Ledger.Entries;
            var marks = entries.Count(entry => entry.Due == ReplyDue.Mark);
            var now = (Rows: await Site.Database.TryCountAsync(Token) ?? last.Rows, Replies: entries.Sum(entry => entry.Replies.Count));
            if (now.Rows >= entries.Count + marks
                && entries.All(entry => entry.Due != ReplyDue.Reply || entry.Replies.Count > 0)
                && await CountWaitingAsync() == 0)
            {
                return;
            }

            if (now != last)
            {
                (last, since) = (now, Stopwatch.GetTimestamp());
            }

            var pause = LooksPart * Stopwatch.GetElapsedTime(start);
            await Task.Delay(pause > s_interval ? pause : s_interval, Token);
        }

        History.Add("trial", $"nothing happened for {s_patience.TotalSeconds:0} s");
    }

    /// <summary>
    /// Waits until the retry queues are empty: the workers' probes come through them, and one sent just before the end is still on its way.
    /// A job there comes to its model's queue, where it is counted; what never leaves is counted where it is.
    /// </summary>
    private async Task RetryQueuesEmptyAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < s_longestRetry)
        {
            var waiting = 0L;
            foreach (var queue in (await Site.ListQueuesAsync(Token)).Where(queue => BrokerNames.IsRetryQueue(queue) && queue != BrokerNames.RetryProbes))
            {
                waiting += (await Client.CountAsync(queue, Token)).GetValueOrDefault();
            }

            if (waiting == 0)
            {
                return;
            }

            await Task.Delay(s_interval, Token);
        }

        History.Add("trial", $"a retry queue was not empty after {s_longestRetry.TotalSeconds:0} s");
    }

    /// <summary>Messages of every queue that there is, and of those that must be there; the dead letters are taken out by now.</summary>
    private async Task<Dictionary<string, uint>> CountMessagesAsync()
    {
        await RetryQueuesEmptyAsync();
        var queues = new Dictionary<string, uint>(StringComparer.Ordinal);
        // The queue of the probes holds the last one for a minute.
        foreach (var queue in s_workersQueues.Union(await Site.ListQueuesAsync(Token)).Where(queue => queue != BrokerNames.RetryProbes))
        {
            queues[queue] = (await Client.CountAsync(queue, Token)).GetValueOrDefault();
        }

        return queues;
    }

    private async Task<long> CountWaitingAsync()
    {
        var waiting = 0L;
        foreach (var queue in s_workersQueues)
        {
            waiting += (await Client.CountAsync(queue, Token)).GetValueOrDefault();
        }

        return waiting;
    }

    private static string[] Names(string suffix) => [$"worker-a{suffix}", $"worker-b{suffix}"];

    private int CountLostCalls(string worker) => History.Count(worker, History.LostCall);
}
