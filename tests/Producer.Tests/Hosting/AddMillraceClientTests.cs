using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.TestKit;

namespace Millrace.Producer.Tests.Hosting;

public sealed class AddMillraceClientTests(TestRabbitMq rabbitMq)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly PredictionJob s_job = new()
    {
        ModelName = SumModel.Name,
        Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_string_is_all_that_a_host_needs()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        var lines = new LogLines();
        using var host = Host(lines, builder => builder.AddMillraceClient("millrace"), ("ConnectionStrings:millrace", broker.Uri.AbsoluteUri));
        await host.StartAsync(Token);

        var client = host.Services.GetRequiredService<IMillraceClient>();
        var result = await client.PredictAsync(s_job, Token);

        Assert.Equal(["3"], result.Outputs[0].ToStrings());
        Assert.Same(client, host.Services.GetRequiredService<IMillraceClient>());
        var report = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, report.Entries["Millrace"].Status);
        Assert.StartsWith("Connected since ", report.Entries["Millrace"].Description, StringComparison.Ordinal);
        Assert.Contains("Client millrace: connected to amqp://", await lines.TakeAsync(Token), StringComparison.Ordinal);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task The_client_ends_with_its_host()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        var host = Host(new LogLines(), builder => builder.AddMillraceClient("millrace"), ("ConnectionStrings:millrace", broker.Uri.AbsoluteUri));
        await host.StartAsync(Token);
        var client = host.Services.GetRequiredService<IMillraceClient>();

        await host.StopAsync(Token);
        host.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.PredictAsync(s_job, Token));
    }

    [Fact]
    public async Task A_lost_connection_is_told_by_the_health_check_and_the_log_and_comes_back_without_a_call()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        var relay = new TcpRelay(broker.Uri.Host, broker.Uri.Port);
        var lines = new LogLines();
        using var host = Host(lines, builder => builder.AddMillraceClient("millrace"), ("ConnectionStrings:millrace", Through(relay, broker.Uri)));
        await host.StartAsync(Token);
        Assert.Contains("connected to", await lines.TakeAsync(Token), StringComparison.Ordinal);

        relay.Cut();

        Assert.Contains("Client millrace: not connected, and trying again", await lines.TakeAsync(Token), StringComparison.Ordinal);
        Assert.Contains("Client millrace: connected to", await lines.TakeAsync(Token), StringComparison.Ordinal);

        await relay.DisposeAsync();

        Assert.Contains("connection lost", await lines.TakeAsync(Token), StringComparison.Ordinal);
        var entry = (await CheckAsync(host)).Entries["Millrace"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.StartsWith("Not connected since ", entry.Description, StringComparison.Ordinal);
        Assert.IsType<BrokerConnectionException>(entry.Exception);
    }

    [Fact]
    public async Task A_broker_that_is_away_at_the_start_fails_the_calls_and_not_the_host()
    {
        var lines = new LogLines();
        using var host = Host(
            lines,
            builder => builder.AddMillraceClient("millrace", settings => settings.Timeout = TimeSpan.FromMilliseconds(500)),
            ("ConnectionStrings:millrace", "amqp://someone:s3cr3t@127.0.0.1:1"));
        await host.StartAsync(Token);

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => host.Services.GetRequiredService<IMillraceClient>().PredictAsync(s_job, Token));

        Assert.True(failure.IsTransient);
        var entry = (await CheckAsync(host)).Entries["Millrace"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("Broker amqp://127.0.0.1:1/: cannot be reached", entry.Description, StringComparison.Ordinal);
        var line = await lines.TakeAsync(Token);
        Assert.Contains("cannot be reached", line, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", line + entry.Description + entry.Exception, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_password_is_an_error_that_every_call_tells_at_once()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        var lines = new LogLines();
        using var host = Host(
            lines,
            builder => builder.AddMillraceClient("millrace"),
            ("ConnectionStrings:millrace", new UriBuilder(broker.Uri) { Password = "s3cr3t" }.Uri.AbsoluteUri));
        await host.StartAsync(Token);

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => host.Services.GetRequiredService<IMillraceClient>().PredictAsync(s_job, Token));

        Assert.False(failure.IsTransient);
        var line = await lines.TakeAsync(Token);
        Assert.StartsWith("Error: Client millrace: not connected, and calls fail", line, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keyed_clients_have_each_its_broker_its_section_and_its_health_check()
    {
        await using var near = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var far = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var nearWorker = await TestWorker.StartAsync(near.Uri, Token);
        await using var farWorker = await TestWorker.StartAsync(far.Uri, Token);
        using var host = Host(
            new LogLines(),
            builder =>
            {
                builder.AddKeyedMillraceClient("near");
                builder.AddKeyedMillraceClient("far");
            },
            ("ConnectionStrings:near", near.Uri.AbsoluteUri),
            ("ConnectionStrings:far", far.Uri.AbsoluteUri),
            ("Millrace:Client:Timeout", "00:00:20"),
            ("Millrace:Client:far:Timeout", "00:00:25"),
            ("Millrace:Client:far:DisableHealthChecks", "true"));
        await host.StartAsync(Token);

        await host.Services.GetRequiredKeyedService<IMillraceClient>("far").PredictAsync(s_job, Token);

        Assert.Empty(nearWorker.Deliveries);
        Assert.Single(farWorker.Deliveries);
        var settings = host.Services.GetRequiredService<IOptionsMonitor<Millrace.Producer.Hosting.MillraceClientSettings>>();
        Assert.Equal((20, 25), (settings.Get("near").Timeout.TotalSeconds, settings.Get("far").Timeout.TotalSeconds));
        Assert.Equal(["Millrace_near"], (await CheckAsync(host)).Entries.Keys);
        Assert.Null(host.Services.GetService<IMillraceClient>());
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once_and_the_host_does_not_start()
    {
        using var host = Host(
            new LogLines(),
            builder => builder.AddMillraceClient("millrace"),
            ("ConnectionStrings:millrace", "http://someone:s3cr3t@broker"),
            ("Millrace:Client:MaxInFlight", "many"),
            ("Millrace:Client:Timeout", "30"),
            ("Millrace:Client:MaxInFligth", "3"),
            ("Millrace:Client:millrace:ConnectTimeout", "-00:00:01"));

        var invalid = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Equal(
            [
                "ConnectionStrings:millrace is no amqp:// or amqps:// URI, such as amqp://user:password@broker:5672/vhost.",
                "Millrace:Client:MaxInFligth is no setting of a client: did you mean 'MaxInFlight'?",
                "Millrace:Client:MaxInFlight is 'many', expected a whole number of 1 or more.",
                "Millrace:Client:Timeout is '30', expected a time such as 00:00:30.",
                "Millrace client 'millrace': ConnectTimeout is -00:00:01, expected a time above zero and of 49 days at most.",
            ],
            invalid.Failures.Order(Comparer<string>.Create(ByKind)));

        // The configuration gives keys in an order of its own.
        static int ByKind(string left, string right) => Rank(left).CompareTo(Rank(right));
        static int Rank(string problem) => Array.FindIndex(
            ["ConnectionStrings", "Millrace:Client:MaxInFligth", "Millrace:Client:MaxInFlight", "Millrace:Client:Timeout", "Millrace client"],
            start => problem.StartsWith(start, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_string_that_is_missing_is_asked_for_by_its_name()
    {
        using var host = Host(new LogLines(), builder => builder.AddKeyedMillraceClient("far"));

        var invalid = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.StartsWith("ConnectionStrings:far is not set", Assert.Single(invalid.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_takes_each_client_once()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillraceClient("millrace");
        builder.AddKeyedMillraceClient("far");

        Assert.Contains("AddKeyedMillraceClient", Assert.Throws<InvalidOperationException>(() => builder.AddMillraceClient("other")).Message, StringComparison.Ordinal);
        Assert.Contains("'far'", Assert.Throws<InvalidOperationException>(() => builder.AddKeyedMillraceClient("far")).Message, StringComparison.Ordinal);
    }

    private static string Through(TcpRelay relay, Uri broker) =>
        new UriBuilder(broker) { Host = "127.0.0.1", Port = relay.Port }.Uri.AbsoluteUri;

    private static async Task<HealthReport> CheckAsync(IHost host) =>
        await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);

    private static IHost Host(LogLines lines, Action<IHostApplicationBuilder> add, params (string Key, string Value)[] configuration)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        foreach (var (key, value) in configuration)
        {
            builder.Configuration[key] = value;
        }

        builder.Logging.AddProvider(lines);
        add(builder);
        return builder.Build();
    }

    /// <summary>What the client logs, line by line.</summary>
    private sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly System.Threading.Channels.Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public async Task<string> TakeAsync(CancellationToken cancellationToken) =>
            await _lines.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(s_patience, cancellationToken);

        public ILogger CreateLogger(string categoryName) =>
            categoryName == typeof(MillraceClient).FullName ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Writer.TryWrite(string.Create(CultureInfo.InvariantCulture, $"{logLevel}: {formatter(state, exception)}"));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
