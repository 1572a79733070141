using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Millrace.Contracts;

namespace Millrace.Producer;

/// <summary>Many jobs with a bounded number of them under way.</summary>
/// <param name="predict">Sends one job and brings its reply.</param>
/// <param name="options">The window and the order.</param>
internal sealed class JobWindow(Func<PredictionJob, CancellationToken, Task<PredictionResult>> predict, PredictManyOptions options)
{
    /// <summary>Sends the jobs as there is room, and brings the replies.</summary>
    public async IAsyncEnumerable<PredictionResult> RunAsync(
        IAsyncEnumerable<PredictionJob> jobs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A place is taken before a job is read, and free again when its reply is taken.
        using var places = new SemaphoreSlim(options.MaxInFlight);
        // Calls that have not ended.
        using var calls = new SemaphoreSlim(options.MaxInFlight);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Never full: what is in it has a place.
        var replies = Channel.CreateBounded<Task<PredictionResult>>(options.MaxInFlight);
        var sending = SendAsync(jobs, replies.Writer, places, calls, stop.Token);
        try
        {
            await foreach (var reply in replies.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var result = await reply.ConfigureAwait(false);
                places.Release();
                yield return result;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    /// <summary>Ends without an exception: whoever reads the replies gets it.</summary>
    private async Task SendAsync(
        IAsyncEnumerable<PredictionJob> jobs,
        ChannelWriter<Task<PredictionResult>> replies,
        SemaphoreSlim places,
        SemaphoreSlim calls,
        CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (var job in WhileThereIsRoomAsync(jobs, places, cancellationToken).ConfigureAwait(false))
            {
                await calls.WaitAsync(cancellationToken).ConfigureAwait(false);
                var call = predict(job, cancellationToken);
                if (options.InOrder)
                {
                    replies.TryWrite(call);
                }

                _ = call.ContinueWith(
                    ended =>
                    {
                        // Seen, also where nobody reads on.
                        _ = ended.Exception;
                        if (!options.InOrder)
                        {
                            replies.TryWrite(ended);
                        }

                        calls.Release();
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }
        catch (Exception reason)
        {
            failure = reason;
        }

        // What they use must not be disposed of under them, and a source that fails takes nothing from the jobs before.
        await TakeAllAsync(calls, CancellationToken.None).ConfigureAwait(false);
        replies.Complete(failure);
    }

    /// <summary>The jobs, each read when it has a place; ends when all replies have been taken.</summary>
    private async IAsyncEnumerable<PredictionJob> WhileThereIsRoomAsync(
        IAsyncEnumerable<PredictionJob> jobs, SemaphoreSlim places, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The caller's stack is not ours to keep while its source is read.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var source = jobs.GetAsyncEnumerator(cancellationToken);
        await using (source.ConfigureAwait(false))
        {
            while (true)
            {
                await places.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!await source.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }

                yield return source.Current;
            }
        }

        places.Release();
        await TakeAllAsync(places, cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeAllAsync(SemaphoreSlim places, CancellationToken cancellationToken)
    {
        for (var i = 0; i < options.MaxInFlight; i++)
        {
            await places.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
