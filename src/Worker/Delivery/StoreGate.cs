using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Results;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Holds the start until the store is there and its schema fits: no job is taken in that could not be committed. What only a change of the
/// configuration can mend, such as a certificate that is not trusted, ends the start; what may pass is waited for.
/// </summary>
internal sealed partial class StoreGate(IResultStore store, RetryPipelines retries, ILogger<StoreGate> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogChecking(store.Description);
        try
        {
            await retries.StoreCheck.ExecuteAsync(async (to, token) => await to.CheckAsync(token), store, cancellationToken);
        }
        catch (Exception fault) when (fault is not StoreSchemaException && store.Explain(fault) is { Kind: StoreFaultKind.Setup } explained)
        {
            throw new StoreSchemaException(explained.Reason, fault);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 340, Level = LogLevel.Information, Message = "Results go to {Store}")]
    private partial void LogChecking(string store);
}
