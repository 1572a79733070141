using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class JobStatusesTests
{
    [Fact]
    public void Every_status_reads_back_from_its_text()
    {
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            Assert.True(JobStatuses.TryParse(status.ToWireName(), out var parsed));
            Assert.Equal(status, parsed);
        }

        Assert.Equal(["succeeded", "rejected", "failed", "expired", "cancelled"], JobStatuses.Names);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Succeeded")]
    public void Another_text_is_no_status(string? text) => Assert.False(JobStatuses.TryParse(text, out _));
}
