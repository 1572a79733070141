using System.Text;
using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class JobIdTests
{
    private static readonly Guid s_dns = new("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

    /// <summary>RFC 9562, appendix A.4 has the first one; the second is Python's uuid.uuid5 of the same namespace.</summary>
    [Theory]
    [InlineData("www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2")]
    [InlineData("python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d")]
    public void A_derived_id_is_RFC_9562_version_5(string name, string expected) =>
        Assert.Equal(new Guid(expected), JobId.Derive(s_dns, Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void The_same_rows_of_the_same_run_are_the_same_job()
    {
        var run = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");

        Assert.Equal(JobId.ForRows(run, 128, 64), JobId.ForRows(run, 128, 64));
    }

    [Fact]
    public void A_runs_job_is_known_by_its_first_row_alone()
    {
        var run = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");
        var other = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ac");

        Assert.Equal(JobId.ForRun(run, 128), JobId.ForRun(run, 128));
        Assert.Distinct([JobId.ForRun(run, 0), JobId.ForRun(run, 64), JobId.ForRun(other, 0), JobId.ForRows(run, 0, 64)]);
    }

    [Fact]
    public void Other_rows_or_another_run_are_another_job()
    {
        var run = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");
        var other = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ac");

        Guid[] ids = [JobId.ForRows(run, 0, 64), JobId.ForRows(run, 64, 64), JobId.ForRows(run, 0, 32), JobId.ForRows(other, 0, 64)];

        Assert.Distinct(ids);
    }

    [Fact]
    public void A_new_id_is_version_7_and_carries_the_time()
    {
        var time = new FixedTime(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));

        var id = JobId.New(time);

        Assert.Equal(7, id.Version);
        var milliseconds = Convert.ToInt64(id.ToString("N")[..12], fromBase: 16);
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), milliseconds);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
