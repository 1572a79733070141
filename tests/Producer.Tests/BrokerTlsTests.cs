using System.Security.Cryptography.X509Certificates;
using Millrace.Producer.DeadLetters;
using Millrace.TestKit;

namespace Millrace.Producer.Tests;

/// <summary>The certificate of a broker is checked in full, before anything is sent.</summary>
public sealed class BrokerTlsTests(TestRabbitMq rabbitMq) : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _others = new("Other CA");
    private TestVirtualHost _broker = null!;
    private TlsProxy _proxy = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await rabbitMq.CreateVirtualHostAsync(Token);
        _proxy = new TlsProxy(_broker.Uri, _certificates.Issue("localhost"));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _broker.DisposeAsync();
        _certificates.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task A_certificate_of_the_named_authority_for_the_host_is_accepted()
    {
        await using var worker = await TestWorker.StartAsync(_broker.Uri, Token);
        await using var client = await ConnectAsync(_proxy.Uri);
        var job = new PredictionJob { ModelName = SumModel.Name, Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])] };

        Assert.Equal(JobStatus.Succeeded, (await client.PredictAsync(job, Token)).Status);
        Assert.True(_proxy.ReceivedBytes > 0);
    }

    [Theory]
    [InlineData("wrong host", "asked for as 'localhost'", "'elsewhere.example'")]
    [InlineData("untrusted", "issued by 'CN=Other CA'", "--broker-ca", "Broker__CertificateAuthority", "SSL_CERT_FILE")]
    [InlineData("expired", "valid from ", "(UTC)")]
    [InlineData("not valid yet", "valid from ", "(UTC)")]
    public async Task A_certificate_that_is_not_right_is_refused_before_anything_is_sent(string fault, params string[] told)
    {
        _proxy.Show(Certificate(fault));

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() => ConnectAsync(_proxy.Uri));
        var ofTool = await Assert.ThrowsAsync<BrokerConnectionException>(() => DeadLetterBox.OpenAsync(_proxy.Uri, _certificates.AuthorityFile, Token));

        Assert.Equal(failure.Message, ofTool.Message);
        Assert.All([fault, .. told], part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
        Assert.All(
            Enumerable.Except(["wrong host", "untrusted", "expired", "not valid yet"], [fault]),
            other => Assert.DoesNotContain(other, failure.Message, StringComparison.Ordinal));
        Assert.Equal((2, 0), (_proxy.Connections, _proxy.ReceivedBytes));
    }

    [Fact]
    public async Task Without_the_authority_its_certificates_are_untrusted()
    {
        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = _proxy.Uri }, Token));

        Assert.Contains("untrusted: it was issued by 'CN=Test CA'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _proxy.ReceivedBytes);
    }

    [Fact]
    public async Task An_authority_that_only_has_the_name_of_the_right_one_is_untrusted()
    {
        using var namesake = new TestCertificates();
        _proxy.Show(namesake.Issue("localhost"));

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() => ConnectAsync(_proxy.Uri));

        Assert.Contains("untrusted: it was issued by 'CN=Test CA'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _proxy.ReceivedBytes);
    }

    [Fact]
    public async Task An_address_is_checked_as_such()
    {
        var byAddress = new UriBuilder(_proxy.Uri) { Host = "127.0.0.1" }.Uri;

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() => ConnectAsync(byAddress));
        Assert.Contains("asked for as '127.0.0.1'", failure.Message, StringComparison.Ordinal);

        _proxy.Show(_certificates.Issue("127.0.0.1"));
        await using var client = await ConnectAsync(byAddress);
    }

    [Theory]
    [InlineData("/nowhere/ca.pem", "there is no file '/nowhere/ca.pem'")]
    [InlineData("/etc/hostname", "has no certificate in it")]
    public async Task A_file_that_holds_no_authority_is_a_mistake_where_it_was_made(string file, string told)
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(
            () => MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = _proxy.Uri, CertificateAuthority = file }, Token));

        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _proxy.Connections);
    }

    [Fact]
    public async Task A_scheme_that_is_not_the_ports_is_told()
    {
        var plain = await Assert.ThrowsAsync<BrokerConnectionException>(() => ConnectAsync(new UriBuilder(_broker.Uri) { Scheme = "amqps" }.Uri));
        var secured = await Assert.ThrowsAsync<BrokerConnectionException>(() => ConnectAsync(new UriBuilder(_proxy.Uri) { Scheme = "amqp" }.Uri));

        Assert.Contains($"port {_broker.Uri.Port} speaks AMQP without TLS", plain.Message, StringComparison.Ordinal);
        Assert.Contains($"port {_proxy.Port} speaks TLS", secured.Message, StringComparison.Ordinal);
        Assert.Equal((false, false), (plain.IsTransient, secured.IsTransient));
    }

    [Fact]
    public async Task A_client_that_was_connected_waits_until_the_certificate_is_right_again()
    {
        await using var worker = await TestWorker.StartAsync(_broker.Uri, Token);
        await using var client = await ConnectAsync(_proxy.Uri);
        var job = new PredictionJob { ModelName = SumModel.Name, Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])] };
        _proxy.Show(Certificate("expired"));
        var call = client.PredictAsync(job, Token);
        while (_proxy.Refused < 2)
        {
            await Task.Delay(10, Token);
        }

        Assert.Equal((false, 0), (call.IsCompleted, _proxy.ReceivedBytes));
        _proxy.Show(_certificates.Issue("localhost"));
        Assert.Equal(JobStatus.Succeeded, (await call).Status);
    }

    private X509Certificate2 Certificate(string fault) => fault switch
    {
        "wrong host" => _certificates.Issue("elsewhere.example"),
        "untrusted" => _others.Issue("localhost"),
        "expired" => _certificates.Issue("localhost", from: -2, to: -1),
        _ => _certificates.Issue("localhost", from: 1, to: 2),
    };

    private Task<MillraceClient> ConnectAsync(Uri broker) => MillraceClient.ConnectAsync(
        new MillraceClientOptions { Broker = broker, CertificateAuthority = _certificates.AuthorityFile }, Token);
}
