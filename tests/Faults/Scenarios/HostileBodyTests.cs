using System.Collections.Concurrent;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>Messages that are no jobs, or broken ones.</summary>
public sealed class HostileBodyTests(Servers servers)
{
    private const string Prefix = "hostile-";

    private static readonly int s_messages = Scale.Of(3_000, 1_000_000);
    // They are published faster than they are looked at.
    private static readonly int s_wave = s_messages / 10;

    [Fact]
    public Task Hostile_messages_are_answered_and_harm_nobody() => Trial.RunAsync(servers, "hostile-bodies", async trial =>
    {
        var answered = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        trial.Client.TakeOther = (correlationId, status) =>
        {
            answered[correlationId] = status;
            return correlationId.StartsWith(Prefix, StringComparison.Ordinal);
        };
        var bodies = new HostileBodies(trial.Random);
        var workers = await trial.StartWorkersAsync();
        long before = 0;
        for (var first = 0; first < s_messages; first += s_wave)
        {
            await PublishAsync(trial, bodies, first, s_wave);
            await Trial.UntilAsync("an answer to each", () => answered.Count == first + s_wave);
            if (first == 0)
            {
                // A worker's memory grows for as long as it is new.
                before = workers.Sum(worker => worker.ResidentBytes());
            }
        }

        await trial.WorksAgainAsync("the hostile messages", Limits.Worker);
        trial.Hold("memory after the hostile messages", (double)workers.Sum(worker => worker.ResidentBytes()) / before, 1 + Limits.Growth, "of that before");

        Assert.All(workers, worker => Assert.False(worker.Exited.IsCompleted));
        Assert.All(await trial.Site.StopWorkersAsync(Trial.Token), exitCode => Assert.Equal(0, exitCode));
        // Each one is a row or a dead letter.
        var dead = await trial.Client.CountAsync(BrokerNames.DeadLetters, Trial.Token);
        Assert.Equal(s_messages + 1, (await trial.Site.Database.ReadRowsAsync(Trial.Token)).Count + dead);
        // Told, and not once for each: the worker bounds its lines.
        Assert.InRange(trial.History.Count("worker-a", History.Unreadable) + trial.History.Count("worker-b", History.Unreadable), 1, (int)dead!);
        Assert.Equal(0u, await trial.Client.CountAsync(BrokerNames.Queue(Site.Model, Lane.Interactive), Trial.Token));
    });

    // Made one behind the other, or a seed would not say which.
    private static Task PublishAsync(Trial trial, HostileBodies bodies, int first, int count)
    {
        trial.Summary.Count("hostile messages", count);
        return Parallel.ForEachAsync(
            Enumerable.Range(first, count).Select(i => bodies.Next(trial.Client.ReplyQueue, $"{Prefix}{i}")),
            new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = Trial.Token },
            async (message, token) => await trial.Client.PublishAsync(message.Properties, message.Body, () => { }, token));
    }
}
