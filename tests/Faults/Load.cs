namespace Millrace.Faults;

/// <summary>
/// Jobs in bursts, which become batches, so many of them unanswered at once, until it is told to stop: faults hit a worker that is at
/// work. The machine has time left between them, for what ends and starts again.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Burst = 40;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly LoadClient _client;
    private readonly Func<LedgerEntry> _next;
    private readonly SemaphoreSlim _open;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;

    /// <summary>Starts it.</summary>
    /// <param name="client">Publishes; its <see cref="LoadClient.Replied"/> becomes this one's.</param>
    /// <param name="next">Makes the next job.</param>
    /// <param name="open">The most jobs that wait for their reply.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Load(LoadClient client, Func<LedgerEntry> next, int open, CancellationToken cancellationToken)
    {
        _client = client;
        _next = next;
        _open = new SemaphoreSlim(open);
        client.Replied = entry => ReleaseOf(entry, ReplyDue.Reply);
        _pump = PumpAsync(cancellationToken);
    }

    /// <summary>Publishes no more; ends when every job is confirmed.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _pump;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Its fault, if it has one, is told by StopAsync; where that was not reached, there is another one already.
        await _pump.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var publishes = new List<Task>();
        using var timer = new PeriodicTimer(s_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                for (var i = 0; i < Burst; i++)
                {
                    await _open.WaitAsync(_stop.Token);
                    publishes.Add(PublishAsync(_next(), cancellationToken));
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }

        await Task.WhenAll(publishes);
    }

    private async Task PublishAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        // The due may change while it is on its way.
        var due = entry.Due;
        await _client.PublishAsync(entry, cancellationToken);
        if (due != ReplyDue.Reply || entry.ReplyTo != _client.ReplyQueue)
        {
            _open.Release();
        }
    }

    private void ReleaseOf(LedgerEntry entry, ReplyDue due)
    {
        if (entry.Due == due && entry.ReplyTo == _client.ReplyQueue)
        {
            _open.Release();
        }
    }
}
