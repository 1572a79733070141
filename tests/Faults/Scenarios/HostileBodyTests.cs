using System.Collections.Concurrent;

namespace Millrace.Faults.Scenarios;

/// <summary>Messages that are no jobs, or broken ones.</summary>
public sealed class HostileBodyTests(Servers servers)
{
    private const string Prefix = "hostile-";

    private static readonly int s_messages = Scale.Of(3_000, 1_000_000);

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
        // Made here, one behind the other, or a seed would not say which.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, s_messages).Select(i => bodies.Next(trial.Client.ReplyQueue, $"{Prefix}{i}")),
            new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = Trial.Token },
            async (message, token) => await trial.Client.PublishAsync(message.Properties, message.Body, () => { }, token));
        await trial.WorksAgainAsync("the hostile messages");
        await Trial.UntilAsync("an answer to each", () => answered.Count == s_messages);
        trial.History.Add("trial", $"resident {workers.Sum(worker => worker.ResidentBytes) >> 20} MiB");

        Assert.All(workers, worker => Assert.False(worker.Exited.IsCompleted));
        Assert.All(await trial.Site.StopWorkersAsync(Trial.Token), exitCode => Assert.Equal(0, exitCode));
        // Each one is a row or a dead letter, and was looked at once.
        var dead = await trial.Client.CountAsync(BrokerNames.DeadLetters, Trial.Token);
        Assert.Equal(s_messages + 1, (await trial.Site.Database.ReadRowsAsync(Trial.Token)).Count + dead);
        Assert.Equal((int)dead!, trial.History.Count("worker-a", "cannot be read") + trial.History.Count("worker-b", "cannot be read"));
        Assert.Equal(0u, await trial.Client.CountAsync(BrokerNames.Queue(Site.Model, Lane.Interactive), Trial.Token));
    });
}
