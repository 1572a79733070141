using Millrace.Contracts;

namespace Millrace.Producer;

/// <summary>Sends jobs to Millrace and brings their replies: <see cref="MillraceClient"/>, or what stands for it in a test.</summary>
public interface IMillraceClient
{
    /// <summary>Sends a job by the interactive lane and waits for its reply. A job without an id gets a new one.</summary>
    /// <inheritdoc cref="PredictAsync(PredictionJob, Lane, CancellationToken)"/>
    Task<PredictionResult> PredictAsync(PredictionJob job, CancellationToken cancellationToken = default);

    /// <summary>Sends a job and waits for its reply. A job without an id gets a new one.</summary>
    /// <param name="job">The job, which names its model.</param>
    /// <param name="lane">The lane that it goes by.</param>
    /// <param name="cancellationToken">Stops waiting; a job that was sent may still run.</param>
    /// <returns>The reply, which may tell of an error: see <see cref="PredictionResult.Status"/>.</returns>
    /// <exception cref="ArgumentException">The job names no model.</exception>
    /// <exception cref="UnroutableJobException">Nobody serves the model.</exception>
    /// <exception cref="ReplyTimeoutException">No reply came within <see cref="MillraceClientOptions.Timeout"/>.</exception>
    /// <exception cref="UnreadableReplyException">What came is no reply of the protocol.</exception>
    /// <exception cref="BrokerConnectionException">The connection was lost and did not come back within that time.</exception>
    /// <exception cref="OperationCanceledException">The token ended the call.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of.</exception>
    Task<PredictionResult> PredictAsync(PredictionJob job, Lane lane, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends many jobs and brings their replies, with so many under way as <see cref="PredictManyOptions.MaxInFlight"/> says: a source of
    /// any length needs no more memory than these. Whoever stops reading stops the sending.
    /// </summary>
    /// <param name="jobs">The jobs, read as there is room for the next one.</param>
    /// <param name="options">The lane, the window and the order; null for the defaults.</param>
    /// <param name="cancellationToken">Stops reading, sending and waiting; jobs that were sent may still run.</param>
    /// <returns>
    /// The replies. The first job that ends with an exception ends the whole, with the exceptions of
    /// <see cref="PredictAsync(PredictionJob, Lane, CancellationToken)"/>; so does an exception of <paramref name="jobs"/>, once the replies
    /// to the jobs before it have been given.
    /// </returns>
    IAsyncEnumerable<PredictionResult> PredictManyAsync(
        IAsyncEnumerable<PredictionJob> jobs, PredictManyOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Sends a job by the interactive lane whose result is to be read from the store.</summary>
    /// <inheritdoc cref="PublishAsync(PredictionJob, Lane, CancellationToken)"/>
    Task<Guid> PublishAsync(PredictionJob job, CancellationToken cancellationToken = default);

    /// <summary>Sends a job whose result is to be read from the store, and returns when the broker has confirmed it.</summary>
    /// <param name="job">The job, which names its model.</param>
    /// <param name="lane">The lane that it goes by.</param>
    /// <param name="cancellationToken">Stops waiting; the job may have been sent.</param>
    /// <returns>The job's id.</returns>
    /// <exception cref="ArgumentException">The job names no model.</exception>
    /// <exception cref="UnroutableJobException">Nobody serves the model.</exception>
    /// <exception cref="BrokerConnectionException">No confirm came within <see cref="MillraceClientOptions.Timeout"/>; the job may have been sent.</exception>
    /// <exception cref="OperationCanceledException">The token ended the call.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of.</exception>
    Task<Guid> PublishAsync(PredictionJob job, Lane lane, CancellationToken cancellationToken = default);
}
