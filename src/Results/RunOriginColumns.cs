using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Results;

/// <summary>A run's origin as a row: its details are one JSON object of texts.</summary>
internal static class RunOriginColumns
{
    /// <summary>In the order in which <see cref="Read"/> wants them.</summary>
    public const string Names = "model_name, model_version, details";

    // People read it in SQL; it is no HTML.
    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string DetailsJson(RunOrigin origin) => JsonSerializer.Serialize(origin.Details, s_readable);

    public static RunOrigin Read(Guid runId, DbDataReader reader) => new()
    {
        RunId = runId,
        ModelName = reader.GetString(0),
        ModelVersion = reader.GetString(1),
        Details = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(2)) ?? [],
    };
}
