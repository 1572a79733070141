using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class PredictionResultTests
{
    private static readonly PredictionResult s_result = new()
    {
        Id = Guid.Parse("11111111-1111-4111-8111-111111111111"),
        Status = JobStatus.Succeeded,
        Outputs = [Tensor.Create("label", [2], ["7", "1"]), Tensor.Create<float>("score", [2], [0.9f, 0.8f])],
    };

    [Fact]
    public void An_output_is_found_by_its_name()
    {
        Assert.Equal(["7", "1"], s_result.Output("label").Strings);
        Assert.Equal([0.9f, 0.8f], s_result.Output("score").ToArray<float>());
    }

    [Fact]
    public void A_name_that_no_output_has_is_told_with_those_that_there_are() => Assert.Equal(
        "Job 11111111-1111-4111-8111-111111111111: no output 'labels'; did you mean 'label'?",
        Assert.Throws<KeyNotFoundException>(() => s_result.Output("labels")).Message);

    [Fact]
    public void A_job_without_success_says_how_it_ended_in_place_of_an_output()
    {
        var rejected = s_result with { Status = JobStatus.Rejected, Outputs = [], Code = ErrorCode.InvalidValue, Error = "inputs[0]: 1.5 is no INT64" };

        Assert.Equal(
            "Job 11111111-1111-4111-8111-111111111111 has no outputs, it ended as rejected (invalid_value): inputs[0]: 1.5 is no INT64",
            Assert.Throws<InvalidOperationException>(() => rejected.Output("label")).Message);
    }
}
