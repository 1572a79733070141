using System.Threading.Channels;
using Millrace.Worker.Broker;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Sending;

/// <summary>
/// Replies to direct reply-to names. RabbitMQ returns or confirms them whether they were delivered or not, so that the broker is asked for
/// the caller just before; a reply to one who leaves in between is lost unseen, as it is for one who leaves before it reads its queue.
/// Callers who were there before do not wait behind names that nobody has seen: these may hold their connection up, or cost it.
/// </summary>
internal sealed class DirectReplies(
    OpenConnection open, RetryPipelines retries, Action<PendingSend> send, Action<PendingSend> sendAlone, Action<PendingSend> costsChannel, TimeProvider time)
{
    private const int MaxKnown = 4_096;

    // What has waited longer for its turn to be asked for is sent without.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    // Unbounded because they are bounded already: each entry belongs to an unacked delivery.
    private readonly Channel<Waiting> _known = Channel.CreateUnbounded<Waiting>();
    private readonly Channel<Waiting> _newcomers = Channel.CreateUnbounded<Waiting>();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Takes a reply. Never blocks.</summary>
    public void Add(PendingSend reply)
    {
        if (!(IsKnown(reply.Message.RoutingKey) ? _known : _newcomers).Writer.TryWrite(new Waiting(reply, time.GetTimestamp())))
        {
            reply.TryCancel();
        }
    }

    /// <summary>Cancels what waits, and what comes from now on: nobody sends it any more.</summary>
    public void End()
    {
        End(_known);
        End(_newcomers);
    }

    /// <summary>The two loops; each runs until it is stopped.</summary>
    public IEnumerable<Task> Start(CancellationToken stopping) =>
        [.. new[] { _known, _newcomers }.Select(channel => Task.Run(() => RunAsync(channel, stopping), CancellationToken.None))];

    private async Task RunAsync(Channel<Waiting> channel, CancellationToken stopping)
    {
        using var check = new CallerCheck(open, retries, time);
        var round = new Dictionary<string, List<Waiting>>(StringComparer.Ordinal);
        try
        {
            while (await channel.Reader.WaitToReadAsync(stopping))
            {
                // One question for all that wait for the same caller.
                while (channel.Reader.TryRead(out var waiting))
                {
                    (round.TryGetValue(waiting.Reply.Message.RoutingKey, out var others)
                        ? others
                        : round[waiting.Reply.Message.RoutingKey] = []).Add(waiting);
                }

                foreach (var (name, replies) in round)
                {
                    await SendAsync(check, name, replies, stopping);
                    round.Remove(name);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The worker ends.
        }
        finally
        {
            foreach (var waiting in round.Values.SelectMany(replies => replies))
            {
                waiting.Reply.TryCancel();
            }

            End(channel);
        }
    }

    private async Task SendAsync(CallerCheck check, string name, List<Waiting> replies, CancellationToken stopping)
    {
        if (time.GetElapsedTime(replies[0].Since) > s_patience)
        {
            replies.ForEach(waiting => sendAlone(waiting.Reply));
            return;
        }

        switch (await check.AskAsync(name, stopping))
        {
            case CallerAnswer.Present:
                Know(name);
                replies.ForEach(waiting => send(waiting.Reply));
                break;
            case CallerAnswer.Gone:
                Forget(name);
                replies.ForEach(waiting => waiting.Reply.TrySet(SendOutcome.Unroutable));
                break;
            case CallerAnswer.CostsChannel:
                replies.ForEach(waiting => costsChannel(waiting.Reply));
                break;
            default:
                Forget(name);
                replies.ForEach(waiting => sendAlone(waiting.Reply));
                break;
        }
    }

    private static void End(Channel<Waiting> channel)
    {
        channel.Writer.TryComplete();
        while (channel.Reader.TryRead(out var waiting))
        {
            waiting.Reply.TryCancel();
        }
    }

    private bool IsKnown(string name)
    {
        lock (_gate)
        {
            return _names.Contains(name);
        }
    }

    private void Know(string name)
    {
        lock (_gate)
        {
            if (_names.Count >= MaxKnown)
            {
                // Who is still there is known again with the next reply.
                _names.Clear();
            }

            _names.Add(name);
        }
    }

    private void Forget(string name)
    {
        lock (_gate)
        {
            _names.Remove(name);
        }
    }

    private readonly record struct Waiting(PendingSend Reply, long Since);
}
