using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>Writes the protocol's JSON objects; with <c>binary</c>, tensors say their size and leave the data to the section behind.</summary>
internal static class OipWriter
{
    // The body travels over AMQP, never inside HTML: only what JSON itself wants is escaped.
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void WriteJob(Utf8JsonWriter writer, PredictionJob job, bool binary)
    {
        writer.WriteStartObject();
        if (job.ModelName is not null)
        {
            writer.WriteString("model_name"u8, job.ModelName);
        }

        if (job.ModelVersion is not null)
        {
            writer.WriteString("model_version"u8, job.ModelVersion);
        }

        if (job.Id is { } id)
        {
            writer.WriteString("id"u8, id);
        }

        if (job.Parameters.Count > 0)
        {
            writer.WriteStartObject("parameters"u8);
            foreach (var (name, value) in job.Parameters)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        WriteTensors(writer, "inputs"u8, job.Inputs, binary);
        if (job.Outputs.Count > 0)
        {
            writer.WriteStartArray("outputs"u8);
            foreach (var output in job.Outputs)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, output.Name);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    public static void WriteResult(Utf8JsonWriter writer, PredictionResult result, bool binary)
    {
        writer.WriteStartObject();
        if (result.Status != JobStatus.Succeeded)
        {
            writer.WriteString("error"u8, result.Error);
            writer.WriteString("code"u8, result.Code);
            writer.WriteString("status"u8, result.Status.ToWireName());
        }

        if (result.ModelName is not null)
        {
            writer.WriteString("model_name"u8, result.ModelName);
        }

        if (result.ModelVersion is not null)
        {
            writer.WriteString("model_version"u8, result.ModelVersion);
        }

        if (result.Id is { } id)
        {
            writer.WriteString("id"u8, id);
        }

        if (result.Status == JobStatus.Succeeded)
        {
            WriteTensors(writer, "outputs"u8, result.Outputs, binary);
        }

        if (result.RowErrors.Count > 0)
        {
            writer.WritePropertyName("row_errors"u8);
            RowErrorsJson.Write(writer, result.RowErrors);
        }

        writer.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter writer, ReadOnlySpan<byte> property, IReadOnlyList<Tensor> tensors, bool binary)
    {
        writer.WriteStartArray(property);
        for (var i = 0; i < tensors.Count; i++)
        {
            WriteTensor(writer, tensors[i], binary);
        }

        writer.WriteEndArray();
    }

    private static void WriteTensor(Utf8JsonWriter writer, Tensor tensor, bool binary)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, tensor.Name);
        writer.WriteStartArray("shape"u8);
        for (var i = 0; i < tensor.Shape.Count; i++)
        {
            writer.WriteNumberValue(tensor.Shape[i]);
        }

        writer.WriteEndArray();
        writer.WriteString("datatype"u8, tensor.Datatype.ToWireName());
        if (binary)
        {
            writer.WriteStartObject("parameters"u8);
            writer.WriteNumber("binary_data_size"u8, tensor.Data.Length);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStartArray("data"u8);
            TensorJson.WriteElements(writer, tensor.Datatype, tensor.Data.Span);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
