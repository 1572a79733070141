namespace Millrace.Worker.Intake;

/// <summary>Counts deliveries that the worker holds, and lets one at a time wait until they are few.</summary>
internal sealed class OpenDeliveries
{
    private int _count;
    private Waiter? _waiter;

    public int Count => Volatile.Read(ref _count);

    /// <returns>How many there are now.</returns>
    public int Add() => Interlocked.Increment(ref _count);

    /// <returns>How many are left.</returns>
    public int Remove(int count)
    {
        var left = Interlocked.Add(ref _count, -count);
        if (Volatile.Read(ref _waiter) is { } waiter && left <= waiter.Most)
        {
            waiter.Reached.TrySetResult();
        }

        return left;
    }

    /// <summary>Waits until there are at most so many.</summary>
    public async Task AtMostAsync(int most, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(most);
        // Before the look at the count, which whoever changes it does the other way round.
        Interlocked.Exchange(ref _waiter, waiter);
        if (Count > most)
        {
            await waiter.Reached.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed record Waiter(int Most)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
