using System.Data.Common;
using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>The columns of a result as both stores select them, and a row of them as a <see cref="ResultRow"/>.</summary>
internal static class ResultColumns
{
    public const string Names = """
        job_id, model_name, model_version, status, lane, code, error, row_count, outputs, run_id, run_row, payload_hash,
        correlation_id, reply_to, batch_rows, worker, received_at, committed_at, undeliverable_at,
        undeliverable_reason, row_errors
        """;

    /// <summary>The row that the reader stands on.</summary>
    public static ResultRow Read(DbDataReader reader) => new()
    {
        JobId = reader.GetGuid(0),
        ModelName = reader.GetString(1),
        ModelVersion = Text(reader, 2),
        Status = Status(reader.GetString(3)),
        Lane = ParseLane(reader.GetString(4)),
        Code = Text(reader, 5),
        Error = Text(reader, 6),
        RowCount = reader.GetInt32(7),
        Outputs = StoredOutputsReader.Decode(reader.GetFieldValue<byte[]>(8)),
        RunId = reader.IsDBNull(9) ? null : reader.GetGuid(9),
        RunRow = reader.IsDBNull(10) ? null : reader.GetInt64(10),
        PayloadHash = reader.GetFieldValue<byte[]>(11),
        CorrelationId = Text(reader, 12),
        ReplyTo = Text(reader, 13),
        BatchRows = reader.IsDBNull(14) ? null : reader.GetInt32(14),
        Worker = reader.GetString(15),
        ReceivedAt = reader.GetFieldValue<DateTimeOffset>(16),
        CommittedAt = reader.GetFieldValue<DateTimeOffset>(17),
        UndeliverableAt = reader.IsDBNull(18) ? null : reader.GetFieldValue<DateTimeOffset>(18),
        UndeliverableReason = Text(reader, 19),
        RowErrors = reader.IsDBNull(20) ? [] : StoredRowErrors.Decode(reader.GetFieldValue<byte[]>(20)),
    };

    public static JobStatus Status(string name) =>
        JobStatuses.TryParse(name, out var status)
            ? status
            : throw new InvalidDataException($"The store holds the status '{name}', which this program does not know.");

    private static Lane ParseLane(string name) =>
        Lanes.TryParse(name, out var lane) ? lane : throw new InvalidDataException($"The store holds the lane '{name}', which this program does not know.");

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
