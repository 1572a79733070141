namespace Millrace.Results;

/// <summary>Hears of requests to cancel jobs. Called by one at a time.</summary>
public interface ICancellationListener
{
    /// <summary>Requests, a portion of those that were read at once; some may have been told before.</summary>
    void Take(IReadOnlyCollection<CancellationRequest> requests);

    /// <summary>All that there was has been told: first those of late, be there any or not, and then after each time that there were new ones.</summary>
    void CaughtUp();
}
