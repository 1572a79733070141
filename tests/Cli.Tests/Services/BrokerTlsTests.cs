using Millrace.TestKit;

namespace Millrace.Cli.Tests.Services;

/// <summary>What the commands make of the broker's certificate: a line for a person, and an authority that one can name.</summary>
public sealed class BrokerTlsTests(TestRabbitMq rabbitMq) : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
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
    }

    [Fact]
    public async Task The_commands_tell_the_fault_in_a_line_and_take_the_authority_from_a_flag_or_the_environment()
    {
        using var cli = new CliRun();
        var uri = _proxy.Uri.AbsoluteUri;

        var untrusted = await cli.RunAsync("dead", "list", "--broker", uri);
        var accepted = await cli.RunAsync("dead", "list", "--broker", uri, "--broker-ca", _certificates.AuthorityFile);
        var byEnvironment = await cli.Set("Broker__CertificateAuthority", _certificates.AuthorityFile).RunAsync("dead", "list", "--broker", uri);

        Assert.Equal(69, untrusted.ExitCode);
        Assert.Contains("untrusted: it was issued by 'CN=Test CA'", untrusted.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_broker.Uri.UserInfo.Split(':')[1], untrusted.Error, StringComparison.Ordinal);
        Assert.Contains("has no queue 'millrace.dead'", accepted.Error, StringComparison.Ordinal);
        Assert.Contains("has no queue 'millrace.dead'", byEnvironment.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/ca.pem", "there is no file '/nowhere/ca.pem'")]
    [InlineData("/etc/hostname", "has no certificate in it")]
    public async Task A_file_that_holds_no_authority_is_a_mistake_where_it_was_made(string file, string told)
    {
        using var cli = new CliRun();

        var byFlag = await cli.RunAsync("dead", "list", "--broker", _proxy.Uri.AbsoluteUri, "--broker-ca", file);
        var byEnvironment = await cli.Set("Broker__CertificateAuthority", file).RunAsync("dead", "list", "--broker", _proxy.Uri.AbsoluteUri);

        Assert.Equal((2, 78), (byFlag.ExitCode, byEnvironment.ExitCode));
        Assert.Contains(told, byFlag.Error, StringComparison.Ordinal);
        Assert.Contains(told, byEnvironment.Error, StringComparison.Ordinal);
        Assert.Equal(0, _proxy.Connections);
    }
}
