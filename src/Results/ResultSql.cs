using System.Text;
using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>The reading statements that both stores share. Parameters are named for the query's properties.</summary>
internal static class ResultSql
{
    /// <summary>Selects <see cref="ResultColumns"/> of the rows that fit; a parameter is used where its property is set.</summary>
    public static string Select(string table, ResultQuery query)
    {
        var sql = new StringBuilder("SELECT ").Append(ResultColumns.Names).Append("\nFROM ").Append(table).Append("\nWHERE true");
        AppendIf(sql, query.JobId is not null, " AND job_id = @job_id");
        AppendIf(sql, query.ModelName is not null, " AND model_name = @model_name");
        AppendIf(sql, query.RunId is not null, " AND run_id = @run_id");
        AppendIf(sql, query.Since is not null, " AND committed_at >= @since");
        AppendIf(sql, query.Until is not null, " AND committed_at < @until");
        if (query.Status is { } status)
        {
            // The text itself, not a parameter: only then can the planner use the index on what did not succeed.
            sql.Append(" AND status = '").Append(status.ToWireName()).Append('\'');
        }

        // The job's id settles the order of rows that were committed together.
        return sql
            .Append(query.RunId is null ? "\nORDER BY committed_at DESC, job_id DESC" : "\nORDER BY run_row, job_id")
            .Append("\nLIMIT @limit")
            .ToString();
    }

    /// <summary>Selects <see cref="RunColumns"/>.</summary>
    public static string SelectRuns(string view) =>
        $"SELECT {RunColumns.Names} FROM {view} ORDER BY last_committed_at DESC, run_id DESC LIMIT @limit";

    private static void AppendIf(StringBuilder sql, bool condition, string text)
    {
        if (condition)
        {
            sql.Append(text);
        }
    }
}
