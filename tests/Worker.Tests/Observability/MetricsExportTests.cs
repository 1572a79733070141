using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Millrace.Worker.Observability;
using Xunit;

namespace Millrace.Worker.Tests.Observability;

public sealed class MetricsExportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_counted_last_reaches_the_collector_at_the_end()
    {
        using var collector = new HttpListener();
        var endpoint = Listen(collector);
        var received = ReceiveAsync(collector);
        await using (var services = Build(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            foreach (var part in services.GetServices<IHostedService>())
            {
                await part.StartAsync(Token);
            }

            services.GetRequiredService<WorkerMetrics>().SentAgain("lost");
        }

        var (path, body) = await received.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Equal("/v1/metrics", path);
        Assert.Contains("millrace-worker", body, StringComparison.Ordinal);
        Assert.Contains("millrace.messages.sent_again", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_exported_unless_a_collector_is_named()
    {
        using var services = Build();

        Assert.Empty(services.GetServices<IHostedService>());
    }

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddObservability(configuration).BuildServiceProvider();
    }

    private static string Listen(HttpListener collector)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var endpoint = $"http://{free.LocalEndpoint}/";
        free.Stop();
        collector.Prefixes.Add(endpoint);
        collector.Start();
        return endpoint;
    }

    private static async Task<(string Path, string Body)> ReceiveAsync(HttpListener collector)
    {
        var context = await collector.GetContextAsync();
        using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
        var body = await reader.ReadToEndAsync(Token);
        context.Response.Close();
        return (context.Request.Url!.AbsolutePath, body);
    }
}
