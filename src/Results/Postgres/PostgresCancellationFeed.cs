using System.Threading.Channels;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// Follows the recorded requests. A notification only wakes: any login may send one, with whatever it likes in it, a million at once. What
/// they are of is read from the table, once for however many came, and only so often.
/// </summary>
internal sealed class PostgresCancellationFeed(PostgresCancellations cancellations, PostgresSessions sessions)
{
    private const string Listen = "LISTEN millrace_cancellations";

    // Between two looks, so that a flood of notifications costs four small queries a second.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc cref="ICancellationStore.FollowCancellationsAsync"/>
    public async Task FollowAsync(TimeSpan age, TimeSpan pollEvery, ICancellationListener listener, CancellationToken cancellationToken)
    {
        await using var connection = await sessions.OpenToListenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand(Listen, connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var hearing = HearAsync(connection, wakes.Writer, end.Token);
        // After LISTEN: a request between the two is told twice, none is missed.
        var reading = ReadAsync(age, pollEvery, listener, wakes.Reader, end.Token);
        var first = await Task.WhenAny(hearing, reading);
        await end.CancelAsync();
        await Task.WhenAny(Task.WhenAll(hearing, reading));
        await first;
    }

    /// <summary>Takes notifications off the line as fast as they come: nothing is kept of them.</summary>
    private static async Task HearAsync(NpgsqlConnection connection, ChannelWriter<bool> wakes, CancellationToken cancellationToken)
    {
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
            wakes.TryWrite(true);
        }
    }

    private async Task ReadAsync(
        TimeSpan age, TimeSpan pollEvery, ICancellationListener listener, ChannelReader<bool> wakes, CancellationToken cancellationToken)
    {
        var position = await cancellations.ReadRecentAsync(age, listener, cancellationToken);
        listener.CaughtUp();
        while (true)
        {
            await WaitAsync(wakes, pollEvery, cancellationToken);
            (position, var count) = await cancellations.ReadNewAsync(position, listener, cancellationToken);
            if (count > 0)
            {
                listener.CaughtUp();
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    private static async Task WaitAsync(ChannelReader<bool> wakes, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(atMost);
        try
        {
            await wakes.ReadAsync(time.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No notification: the time to look without one.
        }
    }
}
