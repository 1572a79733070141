namespace Millrace.Contracts;

/// <summary>
/// The stable codes beside the protocol's <c>error</c> text. Programs may branch on them; a code's meaning never changes.
/// </summary>
public static class ErrorCode
{
    /// <summary>The body is not JSON, not an object, too deep, or its binary header is off. Goes to <c>millrace.dead</c>.</summary>
    public const string UnreadableBody = "unreadable_body";

    /// <summary>A field of the request is missing or of another JSON type than the protocol's.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>The <c>id</c> is not a UUID.</summary>
    public const string InvalidId = "invalid_id";

    /// <summary>The body is larger than <c>Limits:MaxPayloadBytes</c>.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>No such model is served here.</summary>
    public const string ModelNotFound = "model_not_found";

    /// <summary>The model is served, but no worker has had that version for as long as the job may wait for one (<c>Retries:VersionWait</c>).</summary>
    public const string ModelVersionNotFound = "model_version_not_found";

    /// <summary>An input of the model is not among the job's.</summary>
    public const string InputMissing = "input_missing";

    /// <summary>The job names an input that the model lacks, or one twice.</summary>
    public const string InputUnexpected = "input_unexpected";

    /// <summary>An input has another datatype than the model's.</summary>
    public const string DatatypeMismatch = "datatype_mismatch";

    /// <summary>An input has another shape than the model takes.</summary>
    public const string ShapeMismatch = "shape_mismatch";

    /// <summary>A shape's product overflows, or is over the model's or the worker's limit.</summary>
    public const string ShapeTooLarge = "shape_too_large";

    /// <summary>The data holds more or fewer elements than the shape says.</summary>
    public const string DataLengthMismatch = "data_length_mismatch";

    /// <summary>An element is not a value of the datatype.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>NaN or an infinity, where the model's <c>require_finite</c> forbids them.</summary>
    public const string ValueNotFinite = "value_not_finite";

    /// <summary>
    /// The job asks with <c>partial</c>, and the model's rows are not known to be independent of each other: no row can be taken out.
    /// </summary>
    public const string PartialNotSupported = "partial_not_supported";

    /// <summary>
    /// Of a row, not of a job: it was not run by itself, because too many rows of its job had failed by then. It may be good: send it in a smaller job.
    /// </summary>
    public const string RowNotRun = "row_not_run";

    /// <summary>The job has no rows.</summary>
    public const string BatchEmpty = "batch_empty";

    /// <summary>The job asks for an output that the model lacks.</summary>
    public const string OutputUnknown = "output_unknown";

    /// <summary>The id was used before by a job with other content; that one's row stands.</summary>
    public const string IdConflict = "id_conflict";

    /// <summary>The address that the job wants its reply at is one that no reply may go to. No reply was sent.</summary>
    public const string ReplyToRefused = "reply_to_refused";

    /// <summary>The deadline passed before the job ran.</summary>
    public const string DeadlineExceeded = "deadline_exceeded";

    /// <summary>The run took longer than the model's <c>run_timeout</c>, on the last of the job's attempts.</summary>
    public const string RunTimeout = "run_timeout";

    /// <summary>ONNX Runtime could not run the job. The error tells each attempt's.</summary>
    public const string InferenceFailed = "inference_failed";

    /// <summary>Workers died whenever they ran the job; it is not run again.</summary>
    public const string WorkerCrashed = "worker_crashed";

    /// <summary>The model gave an output that can be neither stored nor sent.</summary>
    public const string OutputInvalid = "output_invalid";

    /// <summary>The reply is larger than the broker takes. The job's row stands as it is, with its result; only the reply says this.</summary>
    public const string ReplyTooLarge = "reply_too_large";

    /// <summary>Taken back by <c>millrace cancel</c> before it ran.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The broker delivered the job as often as its queue allows, and no worker came to an end with it.</summary>
    public const string DeliveryLimit = "delivery_limit";

    /// <summary>The broker's time to live of the message or of its queue was over before a worker could take it.</summary>
    public const string ExpiredInQueue = "expired_in_queue";

    /// <summary>
    /// The broker took the job to the dead letters for another reason: a consumer that is not Millrace's rejected it, or its queue was gone when
    /// its wait for the next attempt was over.
    /// </summary>
    public const string DeadLettered = "dead_lettered";
}
