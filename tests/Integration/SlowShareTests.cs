using System.Globalization;
using System.Text;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>A slow model's backlog: workers that join later share it, since none holds more than seconds of it.</summary>
public sealed class SlowShareTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private const int Jobs = 100;
    private const int Rows = 8;

    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.AddStepper();
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task A_worker_that_joins_shares_the_backlog_of_a_slow_model()
    {
        (string, string)[] settings = [("Models__Directory", _models.Path)];
        await _site.StartWorkerAsync(Token, [.. settings, ("Delivery__WorkerName", "first")]);
        var value = (SlowModels.Code + 100).ToString(CultureInfo.InvariantCulture);
        var data = string.Join(',', Enumerable.Repeat(value, Rows));
        for (var i = 0; i < Jobs; i++)
        {
            var body = $$"""{"id":"{{Guid.NewGuid()}}","model_name":"stepper","inputs":[{"name":"x","shape":[{{Rows}}, 1],"datatype":"FP32","data":[{{data}}]}]}""";
            await _client.PublishAsync(Encoding.UTF8.GetBytes(body), new BasicProperties { ContentType = "application/json" }, "stepper");
        }

        await _site.StartWorkerAsync(Token, [.. settings, ("Delivery__WorkerName", "second")]);
        await Eventually.TrueAsync(
            async () => await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE status = 'succeeded'") == Jobs, TimeSpan.FromMinutes(3));

        var seconds = await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE worker = 'second'");
        Assert.InRange(seconds, 40 * Jobs / 100, 60 * Jobs / 100);
    }
}
