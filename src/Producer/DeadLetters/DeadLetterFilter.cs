namespace Millrace.Producer.DeadLetters;

/// <summary>Which dead letters are meant; what is null does not narrow.</summary>
internal sealed record DeadLetterFilter
{
    /// <summary>Why they died.</summary>
    public string? Reason { get; init; }

    /// <summary>The model whose queues they died in.</summary>
    public string? ModelName { get; init; }

    /// <summary>The queue that they died in.</summary>
    public string? Queue { get; init; }

    /// <summary>The job.</summary>
    public Guid? JobId { get; init; }

    /// <summary>At most so many, the first in the queue.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Those that fit of all that there are.</summary>
    public IAsyncEnumerable<DeadLetter> Of(DeadLetterBox box, CancellationToken cancellationToken) =>
        box.ReadAsync(cancellationToken).Where(Fits).Take(Limit);

    private bool Fits(DeadLetter letter) =>
        (Reason is null || letter.Reason == Reason)
        && (ModelName is null || letter.ModelName == ModelName)
        && (Queue is null || letter.Queue == Queue)
        && (JobId is null || letter.JobId == JobId);
}
