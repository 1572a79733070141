namespace Millrace.Contracts;

/// <summary>Which of a model's two queues a job came by.</summary>
public enum Lane
{
    /// <summary>Someone waits: taken first.</summary>
    Interactive,

    /// <summary>Offline scoring: fills what the interactive lane leaves free.</summary>
    Bulk,
}
