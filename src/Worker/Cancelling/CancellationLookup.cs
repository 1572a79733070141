using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Cancelling;

/// <summary>
/// Asks the store whether jobs are to be cancelled whose requests are not in memory any more. One question at a time, for all that came
/// meanwhile: however many jobs ask, it takes one connection.
/// </summary>
internal sealed class CancellationLookup(IResultStore store, RetryPipelines retries, IOptions<CancellingOptions> options) : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    // Bounded because it is bounded already: each entry belongs to an unacked delivery.
    private List<Question> _waiting = [];
    private bool _isAsking;

    /// <summary>Whether the store has a request for the job. An outage of the store is waited out.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<bool> IsCancelledAsync(Guid jobId, CancellationToken cancellationToken)
    {
        var question = new Question(jobId);
        lock (_lock)
        {
            _waiting.Add(question);
            if (!_isAsking)
            {
                _isAsking = true;
                _ = Task.Run(AskAsync, CancellationToken.None);
            }
        }

        return question.Answer.Task.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task AskAsync()
    {
        while (TakeWaiting() is { Count: > 0 } questions)
        {
            try
            {
                var requests = (ICancellationStore)store;
                var ids = questions.ConvertAll(question => question.JobId);
                var cancelled = await retries.Store.ExecuteAsync(
                    async token => await requests.FindCancelledAsync(ids, options.Value.RememberFor, token), _end.Token);
                questions.ForEach(question => question.Answer.TrySetResult(cancelled.Contains(question.JobId)));
            }
            catch (Exception fault)
            {
                // Each asker's to deal with: its delivery goes back to the broker.
                questions.ForEach(question => question.Answer.TrySetException(fault));
            }
        }
    }

    private List<Question> TakeWaiting()
    {
        lock (_lock)
        {
            var questions = _waiting;
            _waiting = [];
            _isAsking = questions.Count > 0;
            return questions;
        }
    }

    private sealed record Question(Guid JobId)
    {
        public TaskCompletionSource<bool> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
