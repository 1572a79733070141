using System.Diagnostics;

namespace Millrace.Bench.Load;

/// <summary>Fills the queue before anyone takes from it.</summary>
internal static class FullQueue
{
    // So many confirms are awaited together.
    private const int Group = 500;

    /// <summary>Publishes all jobs; returns when the broker has them.</summary>
    public static async Task PublishAsync(LoadClient client, CancellationToken cancellationToken)
    {
        var confirms = new List<Task>(Group);
        for (var i = 0; i < client.Book.Jobs; i++)
        {
            client.Book.Begin(i, Stopwatch.GetTimestamp());
            confirms.Add(client.PublishAsync(i, cancellationToken).AsTask());
            if (confirms.Count == Group)
            {
                await Task.WhenAll(confirms);
                confirms.Clear();
            }
        }

        await Task.WhenAll(confirms);
    }
}
