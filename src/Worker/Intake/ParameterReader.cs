using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>What a job's parameters say to Millrace.</summary>
/// <param name="RunId">The bulk scoring run that it is part of.</param>
/// <param name="RunRow">Its first row in that run's file.</param>
/// <param name="DeadlineTimestamp">Monotonic; <see cref="long.MaxValue"/> for none.</param>
internal readonly record struct KnownParameters(Guid? RunId, long? RunRow, long DeadlineTimestamp);

/// <summary>Reads the request parameters that <see cref="JobParameters"/> names.</summary>
internal static class ParameterReader
{
    private const int ExcerptLength = 60;

    /// <returns>Why they cannot be read; null where they can.</returns>
    public static JobOutcome? Read(PredictionJob job, TimeProvider time, out KnownParameters known)
    {
        known = new KnownParameters(null, null, long.MaxValue);
        if (job.Parameters.Count == 0)
        {
            return null;
        }

        if (job.Parameters.TryGetValue(JobParameters.RunId, out var run))
        {
            if (run.ValueKind != JsonValueKind.String || !run.TryGetGuid(out var runId))
            {
                return Invalid(JobParameters.RunId, "a UUID", run);
            }

            known = known with { RunId = runId };
        }

        if (job.Parameters.TryGetValue(JobParameters.RunRow, out var row))
        {
            if (row.ValueKind != JsonValueKind.Number || !row.TryGetInt64(out var runRow) || runRow < 0)
            {
                return Invalid(JobParameters.RunRow, "a row number from 0", row);
            }

            known = known with { RunRow = runRow };
        }

        if (job.Parameters.TryGetValue(JobParameters.Partial, out var partial) && partial.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return Invalid(JobParameters.Partial, "true or false", partial);
        }

        if (job.Parameters.TryGetValue(JobParameters.Deadline, out var deadline))
        {
            if (deadline.ValueKind != JsonValueKind.String || !deadline.TryGetDateTimeOffset(out var at))
            {
                return Invalid(JobParameters.Deadline, "a time such as 2026-01-31T12:00:00Z", deadline);
            }

            if (!NamesZone(deadline))
            {
                return Invalid(
                    JobParameters.Deadline,
                    "a time with its zone, such as 2026-01-31T12:00:00Z (UTC) or 2026-01-31T21:00:00+09:00: without Z or an offset at its end it is another time on each machine",
                    deadline);
            }

            known = known with { DeadlineTimestamp = ToTimestamp(at, time) };
        }

        return null;
    }

    /// <summary>Told once against the wall clock, then kept by the monotonic one: a clock that jumps later changes nothing.</summary>
    private static long ToTimestamp(DateTimeOffset deadline, TimeProvider time)
    {
        var left = Math.Clamp((deadline - time.GetUtcNow()).TotalSeconds, -1, 1e9);
        return time.GetTimestamp() + (long)(left * time.TimestampFrequency);
    }

    /// <summary>Whether the time ends in Z or an offset. Without, the library takes it in the zone of this machine.</summary>
    private static bool NamesZone(JsonElement time) => time.TryGetDateTime(out var read) && read.Kind != DateTimeKind.Unspecified;

    private static JobOutcome Invalid(string name, string expected, JsonElement found)
    {
        return JobOutcome.Rejected(ErrorCode.InvalidRequest, $"parameters.{name}: expected {expected}, found {CallerText.Shorten(found.GetRawText(), ExcerptLength)}");
    }
}
