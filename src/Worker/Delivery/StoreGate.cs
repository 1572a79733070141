using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Results;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>Holds the start until the store is there and its schema fits: no job is taken in that could not be committed.</summary>
internal sealed partial class StoreGate(IResultStore store, RetryPipelines retries, ILogger<StoreGate> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogChecking(store.Description);
        await retries.StoreCheck.ExecuteAsync(async (to, token) => await to.CheckAsync(token), store, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 340, Level = LogLevel.Information, Message = "Results go to {Store}")]
    private partial void LogChecking(string store);
}
