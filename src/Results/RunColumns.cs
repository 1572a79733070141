using System.Data.Common;
using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>The view <c>runs</c> as both stores select it, and a row of it as a <see cref="RunSummary"/>.</summary>
internal static class RunColumns
{
    public const string Names =
        "run_id, model_name, job_count, row_count, first_committed_at, last_committed_at, succeeded, rejected, failed, expired, cancelled, failed_row_count";

    private const int FirstStatus = 6;

    /// <summary>The row that the reader stands on.</summary>
    public static RunSummary Read(DbDataReader reader)
    {
        var statuses = new Dictionary<JobStatus, long>();
        for (var status = JobStatus.Succeeded; status <= JobStatus.Cancelled; status++)
        {
            if (reader.GetInt64(FirstStatus + (int)status) is > 0 and var jobs)
            {
                statuses.Add(status, jobs);
            }
        }

        return new RunSummary
        {
            RunId = reader.GetGuid(0),
            ModelName = reader.GetString(1),
            JobCount = reader.GetInt64(2),
            RowCount = reader.GetInt64(3),
            FailedRowCount = reader.GetInt64(FirstStatus + (int)JobStatus.Cancelled + 1),
            FirstCommittedAt = reader.GetFieldValue<DateTimeOffset>(4),
            LastCommittedAt = reader.GetFieldValue<DateTimeOffset>(5),
            Statuses = statuses,
        };
    }
}
