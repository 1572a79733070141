namespace Millrace.Contracts;

/// <summary>The request parameters that Millrace reads. Others are accepted and ignored, as the protocol says of unknown ones.</summary>
public static class JobParameters
{
    /// <summary>UUID (text) of the bulk scoring run that the job is part of.</summary>
    public const string RunId = "run_id";

    /// <summary>Number of the job's first row in that run's file, from 0.</summary>
    public const string RunRow = "run_row";

    /// <summary>RFC 3339 time, with <c>Z</c> or an offset, after which the job is <c>expired</c> instead of run.</summary>
    public const string Deadline = "deadline";

    /// <summary>
    /// <c>true</c>: the job's good rows are answered and the bad ones are named (<see cref="PredictionResult.RowErrors"/>). Without it, a job with a
    /// bad row has no answer. Only for models whose rows are independent of each other, those that batch.
    /// </summary>
    public const string Partial = "partial";

    /// <summary>On a tensor: its bytes in the binary section (the protocol's binary tensor data extension).</summary>
    public const string BinaryDataSize = "binary_data_size";
}
