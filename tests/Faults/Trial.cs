using System.Diagnostics;
using Millrace.LocalServices;

namespace Millrace.Faults;

/// <summary>One run of a scenario: its seed, its site, its client, and the check at its end.</summary>
internal sealed class Trial
{
    /// <summary>How long nothing at all may happen before a trial gives up waiting and is checked as it is.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>How long one thing that must happen may take, on a machine that does much else.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    private Trial(int seed, History history, Ledger ledger, Site site, LoadClient client)
    {
        Random = new Random(seed);
        History = history;
        Ledger = ledger;
        Site = site;
        Client = client;
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Decides what the scenario leaves to chance. For one thread at a time.</summary>
    public Random Random { get; }

    public History History { get; }

    public Ledger Ledger { get; }

    public Site Site { get; }

    public LoadClient Client { get; }

    /// <summary>
    /// Runs a scenario. Where it fails, its history is kept, and the message has the seed and the file; a full run's is kept in any case.
    /// </summary>
    public static async Task RunAsync(Servers servers, string name, Func<Trial, Task> scenario)
    {
        await servers.StartAsync(Token);
        var seed = Scale.Seed ?? Random.Shared.Next();
        var history = new History();
        var ledger = new Ledger();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: seed {seed}");
        try
        {
            await using var site = await Site.CreateAsync(servers, history, Token);
            await using var client = await LoadClient.StartAsync(site.Broker, ledger, history, Token);
            await scenario(new Trial(seed, history, ledger, site, client));
            if (Scale.IsFull)
            {
                history.Save(name, seed, ledger);
            }
        }
        catch (Exception fault)
        {
            history.Add("trial", fault.ToString());
            throw new TrialFailedException($"{name} failed. Seed {seed} (MILLRACE_FAULTS_SEED={seed}), history in {history.Save(name, seed, ledger)}", fault);
        }
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
        History.Add("nemesis", "stops the database");
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

    /// <summary>Publishes a job and waits for its reply: the site works again. What that took is in the history.</summary>
    public async Task WorksAgainAsync(string after)
    {
        var start = Stopwatch.GetTimestamp();
        var probe = Ledger.Add(Client.ReplyQueue);
        await Client.PublishAsync(probe, Token);
        await UntilAsync($"a reply after {after}", () => probe.Replies.Count > 0);
        var line = $"works again {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s after {after}";
        History.Add("trial", line);
        TestContext.Current.TestOutputHelper?.WriteLine(line);
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
    /// <param name="look">Called again and again meanwhile; null for nothing.</param>
    public async Task SettleAsync(Func<Task>? look = null)
    {
        var last = (Rows: 0L, Replies: 0);
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < s_patience)
        {
            var entries = Ledger.Entries;
            var marks = entries.Count(entry => entry.Due == ReplyDue.Mark);
            var now = (Rows: await Site.Database.TryCountAsync(Token) ?? last.Rows, Replies: entries.Sum(entry => entry.Replies.Count));
            if (now.Rows >= entries.Count + marks
                && entries.All(entry => entry.Due != ReplyDue.Reply || entry.Replies.Count > 0)
                && await CountAsync(Lane.Interactive) == 0)
            {
                return;
            }

            if (look is not null)
            {
                await look();
            }

            if (now != last)
            {
                (last, since) = (now, Stopwatch.GetTimestamp());
            }

            await Task.Delay(s_interval, Token);
        }

        History.Add("trial", $"nothing happened for {s_patience.TotalSeconds:0} s");
    }

    /// <summary>Messages of every queue that there is; the dead letters are taken out by now.</summary>
    private async Task<Dictionary<string, uint>> CountMessagesAsync()
    {
        var queues = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var queue in await Site.ListQueuesAsync(Token))
        {
            queues[queue] = (await Client.CountAsync(queue, Token)).GetValueOrDefault();
        }

        return queues;
    }

    private async Task<uint> CountAsync(Lane lane) => (await Client.CountAsync(BrokerNames.Queue(Site.Model, lane), Token)).GetValueOrDefault();

    private static string[] Names(string suffix) => [$"worker-a{suffix}", $"worker-b{suffix}"];

    private int CountLostCalls(string worker) => History.Count(worker, "A call to the store");
}
