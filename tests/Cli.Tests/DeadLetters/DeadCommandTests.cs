using System.Text;
using System.Text.Json;
using Millrace.Contracts.Wire;
using Millrace.TestKit;

namespace Millrace.Cli.Tests.DeadLetters;

public sealed class DeadCommandTests(TestRabbitMq rabbitMq) : IAsyncLifetime
{
    private readonly CliRun _cli = new();
    private DeadSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await DeadSite.CreateAsync(rabbitMq, TestContext.Current.CancellationToken);
        _cli.Set("Broker__Uri", _site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _cli.Dispose();
    }

    [Fact]
    public async Task They_are_counted_by_reason_and_queue_and_stay_in_their_order()
    {
        Guid[] ids = [await _site.KillAsync(), await _site.KillAsync(binary: true), await _site.KillAsync(Lane.Bulk)];
        await _site.SendUnreadableAsync("{");

        for (var time = 0; time < 3; time++)
        {
            var groups = await JsonAsync("dead", "list", "--json");
            Assert.Equal(
                [("rejected", "millrace.sum", 2), ("rejected", "millrace.sum.bulk", 1), ("unreadable_body", "millrace.sum", 1)],
                groups.Select(group => (Text(group, "reason"), Text(group, "queue"), group.GetProperty("messages").GetInt32())));
            Assert.Equal("2023-11-14T22:13:20Z", Text(groups[2], "first_died_at"));
            var each = await JsonAsync("dead", "list", "--jobs", "--json");
            Assert.Equal(ids, each.Take(3).Select(letter => letter.GetProperty("job_id").GetGuid()));
            Assert.Equal([true, true, true, false], each.Select(letter => letter.GetProperty("has_row").GetBoolean()));
        }
    }

    [Fact]
    public async Task Tables_are_for_people()
    {
        var id = await _site.KillAsync();
        await _site.SendUnreadableAsync("{");

        var groups = await _cli.RunAsync("dead", "list");
        var each = await _cli.RunAsync("dead", "list", "--jobs");

        Assert.Equal((0, "", 0, ""), (groups.ExitCode, groups.Error, each.ExitCode, each.Error));
        Assert.Contains("unreadable_body  millrace.sum  1         2023-11-14 22:13:20", groups.Out, StringComparison.Ordinal);
        Assert.Contains($"{id}  millrace.sum  ", each.Out, StringComparison.Ordinal);
        Assert.Contains("unreadable_body: body: not readable as JSON at line 1, byte 1", each.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_and_the_limit_narrow()
    {
        var first = await _site.KillAsync();
        await _site.KillAsync();
        var bulk = await _site.KillAsync(Lane.Bulk);
        await _site.SendUnreadableAsync("{");

        Assert.Equal([first], await IdsAsync("--limit", "1"));
        Assert.Equal([bulk], await IdsAsync("--queue", "millrace.sum.bulk"));
        Assert.Equal([first], await IdsAsync("--job", first.ToString()));
        Assert.Equal(3, (await IdsAsync("--reason", "rejected")).Count);
        Assert.Equal(4, (await IdsAsync("--model", "sum")).Count);
        Assert.Empty(await IdsAsync("--model", "other"));
    }

    [Fact]
    public async Task One_is_shown_with_its_headers_and_its_body()
    {
        await _site.KillAsync();
        var id = await _site.KillAsync();

        var letter = Assert.Single(await JsonAsync("dead", "show", id.ToString(), "--json"));
        var text = await _cli.RunAsync("dead", "show", id.ToString());

        Assert.Equal(("mine", "rejected"), (Text(letter.GetProperty("headers"), "own"), Text(letter.GetProperty("headers").GetProperty("x-death")[0], "reason")));
        Assert.Equal(id, JsonDocument.Parse(Text(letter, "body")!).RootElement.GetProperty("id").GetGuid());
        Assert.True(letter.GetProperty("body_is_whole").GetBoolean());
        Assert.Contains("own:            \"mine\"", text.Out, StringComparison.Ordinal);
        Assert.Contains($"\"id\":\"{id}\"", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_one_is_shown_inflated_and_goes_back_compressed()
    {
        var id = await _site.KillAsync(encoding: "gzip");

        var letter = Assert.Single(await JsonAsync("dead", "show", id.ToString(), "--json"));
        var text = await _cli.RunAsync("dead", "show", id.ToString());
        var requeue = await _cli.RunAsync("dead", "requeue", "--new-id");

        Assert.Equal("gzip", Text(letter, "content_encoding"));
        Assert.Equal(id, JsonDocument.Parse(Text(letter, "body")!).RootElement.GetProperty("id").GetGuid());
        Assert.Contains("content_encoding: gzip", text.Out, StringComparison.Ordinal);
        Assert.Contains($"\"id\":\"{id}\"", text.Out, StringComparison.Ordinal);
        Assert.Equal((0, "1 sent"), (requeue.ExitCode, requeue.Error.Trim()));
        var back = (await _site.GetAsync(DeadSite.Queue))!;
        Assert.Equal("gzip", back.BasicProperties.ContentEncoding);
        Assert.Equal([0x1F, 0x8B], back.Body.Span[..2].ToArray());
    }

    [Fact]
    public async Task A_job_without_a_dead_letter_ends_with_1()
    {
        var outcome = await _cli.RunAsync("dead", "show", Guid.NewGuid().ToString());

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no dead letter of job", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_row_goes_back_as_it_is_and_a_job_with_a_row_stays()
    {
        await _site.KillAsync();
        await _site.SendUnreadableAsync("{");

        var outcome = await _cli.RunAsync("dead", "requeue");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("1 sent", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 kept: these jobs have a row, which is final; --new-id", outcome.Error, StringComparison.Ordinal);
        var back = (await _site.GetAsync(DeadSite.Queue))!;
        Assert.Equal("{", Encoding.UTF8.GetString(back.Body.Span));
        Assert.False(back.BasicProperties.Headers?.Keys.Any(name => name.StartsWith("millrace-", StringComparison.Ordinal)) == true);
        await _site.CountedAsync(BrokerNames.DeadLetters, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_a_new_id_a_job_goes_back_as_a_new_one_without_its_death(bool binary)
    {
        var old = await _site.KillAsync(binary: binary);

        var sent = Assert.Single(await JsonAsync("dead", "requeue", "--new-id", "--json"));

        var id = sent.GetProperty("new_job_id").GetGuid();
        Assert.NotEqual(old, id);
        var back = (await _site.GetAsync(DeadSite.Queue))!;
        var properties = back.BasicProperties;
        Assert.Equal((id.ToString(), "c", "q"), (properties.MessageId, properties.CorrelationId, properties.ReplyTo));
        Assert.True(binary
            ? OipFormat.TryReadBinaryJob(back.Body, WireFormats.HeaderLength(properties.Headers)!.Value, new WireLimits(), out var job, out _)
            : OipFormat.TryReadJob(back.Body, new WireLimits(), out job, out _));
        Assert.Equal(id, job.Id);
        Assert.DoesNotContain(properties.Headers!.Keys, name => name.Contains("death", StringComparison.Ordinal));
        Assert.Contains("own", properties.Headers.Keys);
        await _site.CountedAsync(BrokerNames.DeadLetters, 0);
    }

    [Fact]
    public async Task What_a_worker_has_written_on_it_does_not_come_along_and_its_login_least_of_all()
    {
        var id = await _site.KillRetriedAsync();

        var listed = await JsonAsync("dead", "list", "--jobs", "--json");
        await _site.CountedAsync(BrokerNames.DeadLetters, 1);
        var sent = await _cli.RunAsync("dead", "requeue", "--new-id");

        Assert.Equal(("delivery_limit", true), (Text(listed[0], "reason"), listed[0].GetProperty("has_row").GetBoolean()));
        Assert.Equal(id, listed[0].GetProperty("job_id").GetGuid());
        Assert.Equal(0, sent.ExitCode);
        var again = (await _site.GetAsync(DeadSite.Queue))!.BasicProperties;
        // The broker takes no message that names another login than the one that sends it.
        Assert.Null(again.UserId);
        Assert.Contains("own", again.Headers!.Keys);
        Assert.DoesNotContain(again.Headers.Keys, name => name.StartsWith("millrace-", StringComparison.Ordinal) || name == BrokerDeath.Header);
    }

    [Fact]
    public async Task What_nobody_takes_back_stays_and_ends_with_69()
    {
        await _site.KillAsync();
        await _site.UnbindAsync();

        var outcome = await _cli.RunAsync("dead", "requeue", "--new-id");

        Assert.Equal(69, outcome.ExitCode);
        Assert.Contains("the dead letter stays", outcome.Error, StringComparison.Ordinal);
        await _site.CountedAsync(BrokerNames.DeadLetters, 1);
    }

    [Fact]
    public async Task Purging_wants_a_yes_and_keeps_to_the_filter()
    {
        await _site.KillAsync();
        await _site.KillAsync(Lane.Bulk);

        var asked = await _cli.RunAsync("dead", "purge", "--queue", "millrace.sum");
        var done = await _cli.RunAsync("dead", "purge", "--queue", "millrace.sum", "--yes");

        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("1 dead letter(s) fit, none was removed", asked.Error, StringComparison.Ordinal);
        Assert.Equal((0, "1 dead letter(s) removed"), (done.ExitCode, done.Error.Trim()));
        Assert.Equal("millrace.sum.bulk", Text(Assert.Single(await JsonAsync("dead", "list", "--json")), "queue"));
    }

    [Fact]
    public async Task None_is_no_failure()
    {
        var listed = await _cli.RunAsync("dead", "list");
        var sent = await _cli.RunAsync("dead", "requeue");

        Assert.Equal((0, "no dead letters fit"), (listed.ExitCode, listed.Error.Trim()));
        Assert.Equal((0, "no dead letters fit"), (sent.ExitCode, sent.Error.Trim()));
    }

    [Fact]
    public async Task Without_a_broker_it_is_asked_for_and_one_without_workers_yet_is_told()
    {
        using var nowhere = new CliRun();
        await using var empty = await rabbitMq.CreateVirtualHostAsync(TestContext.Current.CancellationToken);

        var unset = await nowhere.RunAsync("dead", "list");
        var unserved = await nowhere.RunAsync("dead", "list", "--broker", empty.Uri.AbsoluteUri);
        var mistyped = await nowhere.RunAsync("dead", "list", "--modle", "sum");

        Assert.Equal((2, 69, 2), (unset.ExitCode, unserved.ExitCode, mistyped.ExitCode));
        Assert.Contains("which broker?", unset.Error, StringComparison.Ordinal);
        Assert.Contains("no worker has served there yet", unserved.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean '--model'? see millrace dead list --help", mistyped.Error, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<IReadOnlyList<Guid>> IdsAsync(params string[] filter)
    {
        var ids = (await JsonAsync(["dead", "list", "--jobs", "--json", .. filter])).Select(letter => letter.GetProperty("job_id").GetGuid()).ToList();
        return ids;
    }

    private async Task<IReadOnlyList<JsonElement>> JsonAsync(params string[] arguments)
    {
        var outcome = await _cli.RunAsync(arguments);
        Assert.Equal(0, outcome.ExitCode);
        return [.. outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
