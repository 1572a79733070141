using System.Globalization;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;

namespace Millrace.Cli.Results;

/// <summary>A stored row, as a line of a table or as JSON.</summary>
internal static class ResultText
{
    /// <summary>The cells of a table.</summary>
    public static string[] Cells(ResultRow row) =>
    [
        row.CommittedAt is { } committed ? Time(committed) : "",
        row.JobId.ToString(),
        row.ModelVersion is null ? row.ModelName : $"{row.ModelName} v{row.ModelVersion}",
        Status(row),
        row.RowCount.ToString(CultureInfo.InvariantCulture),
        row.BatchRows?.ToString(CultureInfo.InvariantCulture) ?? "",
        row.Status == JobStatus.Succeeded ? OutputExcerpt.Of(row.Outputs) : $"{row.Code}: {row.Error}",
    ];

    private static string Status(ResultRow row)
    {
        var status = row.Status == JobStatus.Succeeded && row.RowErrors.Count > 0
            ? $"{row.Status.ToWireName()} but for {row.RowErrors.Count} row(s)"
            : row.Status.ToWireName();
        return row.UndeliverableAt is null
            ? status
            : $"{status}, reply undeliverable{(row.UndeliverableReason is null ? "" : $": {row.UndeliverableReason}")}";
    }

    /// <summary>All of it.</summary>
    public static void Write(Utf8JsonWriter json, ResultRow row)
    {
        json.WriteStartObject();
        json.WriteString("job_id"u8, row.JobId);
        json.WriteString("model_name"u8, row.ModelName);
        json.WriteString("model_version"u8, row.ModelVersion);
        json.WriteString("status"u8, row.Status.ToWireName());
        json.WriteString("code"u8, row.Code);
        json.WriteString("error"u8, row.Error);
        json.WriteString("lane"u8, row.Lane.ToName());
        json.WriteNumber("rows"u8, row.RowCount);
        WriteNumber(json, "batch_rows"u8, row.BatchRows);
        json.WriteString("run_id"u8, row.RunId?.ToString());
        WriteNumber(json, "run_row"u8, row.RunRow);
        json.WriteString("correlation_id"u8, row.CorrelationId);
        json.WriteString("reply_to"u8, row.ReplyTo);
        json.WriteString("worker"u8, row.Worker);
        WriteTime(json, "received_at"u8, row.ReceivedAt);
        WriteTime(json, "committed_at"u8, row.CommittedAt);
        WriteTime(json, "undeliverable_at"u8, row.UndeliverableAt);
        json.WriteString("undeliverable_reason"u8, row.UndeliverableReason);
        json.WriteStartArray("outputs"u8);
        foreach (var output in row.Outputs)
        {
            WriteOutput(json, output);
        }

        json.WriteEndArray();
        json.WritePropertyName("row_errors"u8);
        RowErrorsJson.Write(json, row.RowErrors);
        json.WriteEndObject();
    }

    /// <summary>A time in UTC, to the second.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Writes a time in UTC, or null.</summary>
    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, value.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteOutput(Utf8JsonWriter json, Tensor output)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, output.Name);
        json.WriteString("datatype"u8, output.Datatype.ToWireName());
        json.WriteStartArray("shape"u8);
        foreach (var dimension in output.Shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteStartArray("data"u8);
        TensorJson.WriteElements(json, output.Datatype, output.Data.Span);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
