using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Results.Tests.Postgres;

/// <summary>A server of these tests alone, which they set up wrongly; the tests that share it run one after the other.</summary>
public sealed class PrivatePostgres : IAsyncLifetime
{
    private LocalPostgres? _server;

    internal LocalPostgres Server => _server!;

    internal PostgresSettings Settings => new(Server.ConnectionString);

    public async ValueTask InitializeAsync()
    {
        try
        {
            _server = await LocalPostgres.StartAsync(
                new LocalPostgresOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off" } },
                TestContext.Current.CancellationToken);
        }
        catch (LocalServiceException e)
        {
            Assert.Skip(e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
