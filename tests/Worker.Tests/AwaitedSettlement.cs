using Millrace.Worker.Jobs;

namespace Millrace.Worker.Tests;

/// <summary>Tells how a delivery has ended.</summary>
internal sealed class AwaitedSettlement : ISettlement
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once the delivery may be acked; fails where it is to go back.</summary>
    public Task Settled => _settled.Task;

    public void Complete() => _settled.TrySetResult();

    public void Abandon(Exception cause) => _settled.TrySetException(cause);
}
