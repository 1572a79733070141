using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class PredictionJobTests
{
    private static readonly PredictionJob s_job = new() { ModelName = "sum", Inputs = [] };

    [Fact]
    public void A_deadline_goes_out_as_a_time_with_its_offset_beside_the_other_parameters()
    {
        var job = s_job.WithDeadline(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.FromHours(1))) with { ModelVersion = "2" };

        Assert.Equal("2026-01-31T12:00:00.0000000+01:00", job.Parameters[JobParameters.Deadline].GetString());
        Assert.Equal(
            "2026-01-31T13:00:00.0000000+01:00",
            job.WithDeadline(new DateTimeOffset(2026, 1, 31, 13, 0, 0, TimeSpan.FromHours(1))).Parameters[JobParameters.Deadline].GetString());
        Assert.Empty(s_job.Parameters);
    }

    [Fact]
    public void A_delay_counts_from_now()
    {
        var job = s_job.WithDeadline(TimeSpan.FromSeconds(30), new Noon());

        Assert.Equal("2026-01-31T12:00:30.0000000+00:00", job.Parameters[JobParameters.Deadline].GetString());
    }

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    }
}
