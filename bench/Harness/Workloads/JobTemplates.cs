using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Bench.Workloads;

/// <summary>Makes jobs in each of the wire's forms.</summary>
internal static class JobTemplates
{
    /// <param name="form">The form.</param>
    /// <param name="model">The model and its one input.</param>
    /// <param name="rows">Rows of the job.</param>
    public static JobTemplate Create(JobForm form, ModelInput model, int rows) => form switch
    {
        JobForm.Binary => Binary(model, rows),
        JobForm.Json => new JobTemplate(Encoding.UTF8.GetBytes(Json(model, rows)), OipFormat.JsonContentType),
        _ => Envelope(model, rows),
    };

    private static JobTemplate Binary(ModelInput model, int rows)
    {
        var body = OipFormat.WriteBinaryJob(new PredictionJob
        {
            Id = JobTemplate.PlaceholderId,
            ModelName = model.Model,
            Inputs = [Tensor.Create<float>(model.Name, model.Shape(rows), model.Values(rows))],
        });
        return new JobTemplate(body.Bytes, body.ContentType, body.HeaderLength);
    }

    // As Python's json.dumps writes it: with spaces, and every number with a point.
    private static string Json(ModelInput model, int rows) =>
        $$"""
        {"id": "{{JobTemplate.PlaceholderId}}", "model_name": "{{model.Model}}", "inputs": [{"name": "{{model.Name}}", "shape": [{{string.Join(
            ", ", model.Shape(rows))}}], "datatype": "FP32", "data": [{{string.Join(
            ", ", model.Values(rows).Select(value => value.ToString("0.0######", CultureInfo.InvariantCulture)))}}]}]}
        """;

    // As MassTransit writes it by default: indented, with what it says of the host.
    private static JobTemplate Envelope(ModelInput model, int rows)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var message = JsonDocument.Parse(Json(model, rows)))
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("messageId", Guid.Empty);
            writer.WriteString("conversationId", Guid.Empty);
            writer.WriteString("sourceAddress", "rabbitmq://localhost/bench");
            writer.WriteString("destinationAddress", "rabbitmq://localhost/millrace");
            writer.WriteStartArray("messageType");
            writer.WriteStringValue(MassTransitEnvelope.JobMessageType);
            writer.WriteEndArray();
            writer.WritePropertyName("message");
            message.RootElement.WriteTo(writer);
            writer.WriteString("sentTime", "2026-01-01T00:00:00.0000000Z");
            writer.WriteStartObject("headers");
            writer.WriteEndObject();
            writer.WriteStartObject("host");
            writer.WriteString("machineName", "bench");
            writer.WriteString("processName", "bench");
            writer.WriteNumber("processId", 1);
            writer.WriteString("assembly", "bench");
            writer.WriteString("massTransitVersion", "8.4.0");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return new JobTemplate(buffer.WrittenMemory, MassTransitEnvelope.ContentType);
    }
}
