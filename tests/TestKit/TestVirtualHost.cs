using System.Net.Http.Headers;
using System.Text;
using RabbitMQ.Client;

namespace Millrace.TestKit;

/// <summary>A virtual host that only one test uses.</summary>
public sealed class TestVirtualHost : IAsyncDisposable
{
    private readonly HttpClient _management;
    private readonly string _path;

    internal TestVirtualHost(RabbitMqAddress address, string name)
    {
        Uri = new UriBuilder(address.Uri) { Path = name }.Uri;
        var user = Uri.UnescapeDataString(address.ManagementUri.UserInfo);
        _path = $"api/vhosts/{name}";
        _management = new HttpClient
        {
            BaseAddress = new UriBuilder(address.ManagementUri) { UserName = "", Password = "" }.Uri,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user))) },
        };
    }

    /// <summary>How an administrator reaches it.</summary>
    public Uri Uri { get; }

    /// <summary>Messages that are ready in a queue now; null where there is no such queue.</summary>
    public async Task<uint?> CountMessagesAsync(string queue, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = Uri };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            return await channel.MessageCountAsync(queue, cancellationToken);
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
    }

    /// <summary>Deletes it, with its queues and connections.</summary>
    public async ValueTask DisposeAsync()
    {
        using (_management)
        {
            using var response = await _management.DeleteAsync(_path);
        }
    }

    // Who makes a virtual host has every right on it.
    internal async Task CreateAsync(CancellationToken cancellationToken)
    {
        using var response = await _management.PutAsync(_path, null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
