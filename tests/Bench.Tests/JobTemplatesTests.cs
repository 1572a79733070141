using Millrace.Bench.Workloads;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Bench.Tests;

public sealed class JobTemplatesTests
{
    private static readonly Guid s_id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly ModelInput s_input = new("digits", "model.onnx", "image", [64]);

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    public void Every_form_is_the_same_job_with_the_id_that_is_asked_for(int rows)
    {
        foreach (var form in Enum.GetValues<JobForm>())
        {
            var job = Read(JobTemplates.Create(form, s_input, rows));
            Assert.Equal(s_id, job.Id);
            Assert.Equal("digits", job.ModelName);
            Assert.Equal([rows, 64], job.Inputs[0].Shape);
            Assert.Equal(s_input.Values(rows), job.Inputs[0].AsSpan<float>().ToArray());
        }
    }

    private static PredictionJob Read(JobTemplate template)
    {
        ReadOnlyMemory<byte> body = template.WithId(s_id);
        if (template.ContentType == MassTransitEnvelope.ContentType)
        {
            Assert.True(MassTransitEnvelope.TryRead(body, new WireLimits(), out var envelope, out _));
            body = envelope.Message;
        }

        WireError error;
        Assert.True(
            template.HeaderLength is { } length
                ? OipFormat.TryReadBinaryJob(body, length, new WireLimits(), out var job, out error)
                : OipFormat.TryReadJob(body, new WireLimits(), out job, out error),
            error?.Message);
        return job;
    }
}
