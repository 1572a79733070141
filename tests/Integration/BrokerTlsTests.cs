using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using Millrace.Worker.Broker;
using Millrace.Worker.DeadLetters;
using Millrace.Worker.Resilience;

namespace Millrace.Integration.Tests;

/// <summary>A worker checks the broker's certificate in full on each of its connections, before it sends anything.</summary>
public sealed class BrokerTlsTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private const int ConfigurationError = 78;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _others = new("Other CA");
    private Site _site = null!;
    private TlsProxy _proxy = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _proxy = new TlsProxy(_site.Broker, _certificates.Issue("localhost"));
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _proxy.DisposeAsync();
        _certificates.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task A_worker_serves_over_TLS_and_waits_while_the_certificate_is_not_right()
    {
        var worker = await _site.StartWorkerAsync(Token, Settings());
        await using var client = await ForeignClient.ConnectAsync(_site.Broker);
        Assert.Equal("succeeded", (await client.CallAsync(ForeignClient.Request(null, Digits.Pixels(1)))).Status);

        _proxy.Show(Certificate("expired"));
        var reply = client.CallAsync(ForeignClient.Request(null, Digits.Pixels(1)));
        // Its intake, its replies and its dead letters: each looks more than once.
        await Eventually.TrueAsync(() => Task.FromResult(_proxy.Refused >= 6));
        Assert.Contains(worker.OutputLines, line => line.Contains("expired: it is valid from", StringComparison.Ordinal));
        Assert.Equal((0, false, false), (_proxy.ReceivedBytes, worker.Exited.IsCompleted, reply.IsCompleted));

        _proxy.Show(_certificates.Issue("localhost"));
        Assert.Equal("succeeded", (await reply.WaitAsync(s_patience, Token)).Status);
    }

    [Theory]
    [InlineData("wrong host", "'elsewhere.example'")]
    [InlineData("untrusted", "issued by 'CN=Other CA'", "Broker:CertificateAuthority", "SSL_CERT_FILE")]
    [InlineData("expired", "(UTC)")]
    public async Task A_worker_does_not_start_on_a_certificate_that_is_not_right(string fault, params string[] told)
    {
        _proxy.Show(Certificate(fault));
        await using var worker = LocalWorker.Start(_site.Settings(Settings()));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        var line = Assert.Single(worker.ErrorLines);
        Assert.All([fault, "the certificate of localhost", .. told], part => Assert.Contains(part, line, StringComparison.Ordinal));
        Assert.Equal(0, _proxy.ReceivedBytes);
    }

    [Theory]
    [InlineData("amqps", "speaks AMQP without TLS")]
    [InlineData("amqp", "speaks TLS")]
    public async Task A_worker_does_not_start_on_the_other_schemes_port(string scheme, string told)
    {
        // The proxy is on this machine, wherever the broker is.
        var uri = new UriBuilder(scheme == "amqp" ? _proxy.Uri : _site.Broker) { Scheme = scheme }.Uri;
        await using var worker = LocalWorker.Start(_site.Settings(("Broker__Uri", uri.AbsoluteUri)));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.Contains(told, Assert.Single(worker.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_holds_no_authority_is_told_with_the_other_errors()
    {
        await using var worker = LocalWorker.Start(_site.Settings(("Broker__CertificateAuthority", "/nowhere/ca.pem"), ("Broker__Prefetch", "0")));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.Contains(worker.ErrorLines, line => line.Contains("Broker:CertificateAuthority: there is no file '/nowhere/ca.pem'", StringComparison.Ordinal));
        Assert.Contains(worker.ErrorLines, line => line.Contains("Broker:Prefetch", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("wrong host")]
    [InlineData("untrusted")]
    [InlineData("expired")]
    public async Task The_connection_for_dead_letters_refuses_it_too(string fault)
    {
        _proxy.Show(Certificate(fault));
        var options = new BrokerOptions { Uri = _proxy.Uri.AbsoluteUri, CertificateAuthority = _certificates.AuthorityFile };
        await using var store = ResultStores.OpenSqlite(Path.Combine(Path.GetTempPath(), $"millrace-{Guid.NewGuid():N}.db"));
        using var retries = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        var filter = new DeadLetterFilter(null!, TimeProvider.System, NullLogger<DeadLetterFilter>.Instance);
        using var intake = new DeadLetterIntake(Options.Create(options), filter, retries, TimeProvider.System, NullLogger<DeadLetterIntake>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var starting = intake.StartAsync(stop.Token);
        await Eventually.TrueAsync(() => Task.FromResult(_proxy.Refused > 0));

        Assert.Equal((0, false), (_proxy.ReceivedBytes, starting.IsCompleted));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
        await intake.StopAsync(CancellationToken.None);
    }

    private (string Key, string Value)[] Settings() =>
        [("Broker__Uri", _proxy.Uri.AbsoluteUri), ("Broker__CertificateAuthority", _certificates.AuthorityFile)];

    private X509Certificate2 Certificate(string fault) => fault switch
    {
        "wrong host" => _certificates.Issue("elsewhere.example"),
        "untrusted" => _others.Issue("localhost"),
        _ => _certificates.Issue("localhost", from: -2, to: -1),
    };
}
