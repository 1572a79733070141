using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>The broker runs out of memory and disk: it takes no publishes, replies included, until it has some again.</summary>
public sealed class AlarmTests(Servers servers)
{
    // What rabbitmqctl's set_vm_memory_high_watermark and set_disk_free_limit do, in one call of it: each takes seconds.
    private const string Raise =
        """vm_memory_monitor:set_vm_memory_high_watermark({absolute, 1000000}), rabbit_disk_monitor:set_disk_free_limit("1000000GB").""";

    private const string Clear = """vm_memory_monitor:set_vm_memory_high_watermark(0.4), rabbit_disk_monitor:set_disk_free_limit("200MB").""";

    private static readonly int s_rounds = Scale.Of(1, 5);

    [Fact]
    public Task Jobs_wait_while_the_broker_has_an_alarm() => Trial.RunAsync(servers, "alarms", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_rounds; i++)
        {
            await trial.MoreRowsAsync();
            await AlarmAsync(trial);
            await trial.WorksAgainAsync("the alarms", Limits.Alarm);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    private async Task AlarmAsync(Trial trial)
    {
        var blocked = trial.History.Count("client", LoadClient.Blocked);
        trial.Inject("memory and disk alarm");
        try
        {
            await servers.Broker.ControlAsync(["eval", Raise], Trial.Token);
            await Trial.UntilAsync("the broker blocks publishers", () => trial.History.Count("client", LoadClient.Blocked) > blocked);
        }
        finally
        {
            // The broker serves other scenarios after this one.
            await servers.Broker.ControlAsync(["eval", Clear], CancellationToken.None);
        }
    }
}
