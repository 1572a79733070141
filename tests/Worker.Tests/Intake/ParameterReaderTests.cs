using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class ParameterReaderTests : IDisposable
{
    private const string Run = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab";

    private readonly ManualTime _time = new();

    public void Dispose() => _time.Dispose();

    [Fact]
    public void A_job_without_parameters_has_no_run_and_no_deadline() =>
        Assert.Equal(new KnownParameters(null, null, long.MaxValue), Read("{}"));

    [Fact]
    public void The_run_and_the_row_are_read() =>
        Assert.Equal(new KnownParameters(new Guid(Run), 128, long.MaxValue), Read($$"""{"run_id":"{{Run}}","run_row":128}"""));

    [Fact]
    public void Parameters_that_Millrace_does_not_know_are_ignored() =>
        Assert.Equal(new KnownParameters(null, null, long.MaxValue), Read("""{"priority":3,"RUN_ID":7,"x":{"deadline":1}}"""));

    [Theory]
    [InlineData("2026-01-31T12:00:10Z", 10)]
    [InlineData("2026-01-31T13:00:10+01:00", 10)]
    [InlineData("2026-01-31T12:00:00.5Z", 0.5)]
    [InlineData("2026-01-31T11:59:59.75Z", -0.25)]
    [InlineData("2025-01-01T00:00:00Z", -1)]
    [InlineData("9999-12-31T23:59:59Z", 1e9)]
    [InlineData("0001-01-01T00:00:00Z", -1)]
    public void A_deadline_is_kept_by_the_monotonic_clock(string deadline, double seconds) =>
        Assert.Equal(_time.TimestampIn(TimeSpan.FromSeconds(seconds)), Read($$"""{"deadline":"{{deadline}}"}""").DeadlineTimestamp);

    [Theory]
    [InlineData("run_id", "7", "parameters.run_id: expected a UUID, found 7")]
    [InlineData("run_id", "\"x\"", "parameters.run_id: expected a UUID, found \"x\"")]
    [InlineData("run_id", "null", "parameters.run_id: expected a UUID, found null")]
    [InlineData("run_row", "-1", "parameters.run_row: expected a row number from 0, found -1")]
    [InlineData("run_row", "0.5", "parameters.run_row: expected a row number from 0, found 0.5")]
    [InlineData("run_row", "\"1\"", "parameters.run_row: expected a row number from 0, found \"1\"")]
    [InlineData("run_row", "9223372036854775808", "parameters.run_row: expected a row number from 0, found 9223372036854775808")]
    [InlineData("partial", "1", "parameters.partial: expected true or false, found 1")]
    [InlineData("partial", "\"true\"", "parameters.partial: expected true or false, found \"true\"")]
    [InlineData("partial", "null", "parameters.partial: expected true or false, found null")]
    [InlineData("deadline", "1769860800", "parameters.deadline: expected a time such as 2026-01-31T12:00:00Z, found 1769860800")]
    [InlineData("deadline", "\"tomorrow\"", "parameters.deadline: expected a time such as 2026-01-31T12:00:00Z, found \"tomorrow\"")]
    [InlineData("deadline", "[[]]", "parameters.deadline: expected a time such as 2026-01-31T12:00:00Z, found [[]]")]
    public void What_a_parameter_cannot_be_is_quoted(string name, string value, string message) => Assert.Equal(message, Refuse(name, value));

    [Theory]
    [InlineData("2026-01-31T12:00:00")]
    [InlineData("2026-01-31T12:00:00.5")]
    [InlineData("2026-01-31T12:00")]
    [InlineData("2026-01-31")]
    [InlineData("\\u0032026-01-31T12:00:00")]
    public void A_deadline_that_names_no_time_zone_is_refused_and_told_what_is_missing(string deadline)
    {
        var message = Refuse("deadline", $"\"{deadline}\"");

        Assert.Equal(
            "parameters.deadline: expected a time with its zone, such as 2026-01-31T12:00:00Z (UTC) or 2026-01-31T21:00:00+09:00: "
            + $"without Z or an offset at its end it is another time on each machine, found \"{deadline}\"",
            message);
    }

    [Fact]
    public void A_long_value_is_cut_but_never_within_a_character()
    {
        var value = "\"" + new string('a', 58) + "😀" + new string('b', 100) + "\"";

        var message = Refuse("run_id", value);

        Assert.Equal("parameters.run_id: expected a UUID, found \"" + new string('a', 58) + "…", message);
    }

    [Fact]
    public void Any_JSON_at_all_is_read_or_refused_and_never_throws() => Prop.ForAll(Values.ToArbitrary(), values =>
    {
        var json = $$"""{"run_id":{{values.Run}},"run_row":{{values.Row}},"deadline":{{values.Deadline}}}""";
        var body = Encoding.UTF8.GetBytes($$"""{"inputs":[],"parameters":{{json}}}""");
        if (!OipFormat.TryReadJob(body, new WireLimits(), out var job, out var error))
        {
            Assert.Equal(ErrorCode.InvalidRequest, error.Code);
            return;
        }

        var rejection = ParameterReader.Read(job, _time, out _);
        if (rejection is not null)
        {
            Assert.Equal(ErrorCode.InvalidRequest, rejection.Code);
            Assert.StartsWith("parameters.", rejection.Error, StringComparison.Ordinal);
            Assert.Equal(rejection.Error, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(rejection.Error!)));
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithQuietOnSuccess(true));

    private static Gen<(string Run, string Row, string Deadline)> Values =>
        from run in Value
        from row in Value
        from deadline in Value
        select (run, row, deadline);

    private static Gen<string> Value => Gen.Frequency(
        (3, Gen.Elements(
            "null", "true", "0", "-0", "1e400", "1e-400", "9223372036854775807", "[]", "{\"a\":[{}]}", "\"\"", $"\"{Run}\"", "\"2026-01-31T12:00:00Z\"",
            "\"0000-00-00T00:00:00Z\"", "\"2026-01-31T24:00:00Z\"", "\"2026-01-31T12:00:00+99:00\"", "\"9999-12-31T23:59:59-14:00\"",
            "\"\\ud800aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "\"\\u0030192f0c1-7a3b-7c4d-8e5f-0123456789ab\"", "\"\\u0032026-01-31T12:00:00Z\"",
            "\"\\u0000\"")),
        (2, Gen.Elements('0', '1', '9', '-', ':', 'T', 'Z', '+', '.', 'a', 'é', '\u2028', '\uFFFD').ListOf().Select(
            characters => JsonSerializer.Serialize(string.Concat(characters)))));

    private KnownParameters Read(string parameters)
    {
        Assert.Null(ParameterReader.Read(Job(parameters), _time, out var known));
        return known;
    }

    private string Refuse(string name, string value)
    {
        var rejection = ParameterReader.Read(Job($$"""{"{{name}}":{{value}}}"""), _time, out _);
        Assert.Equal(ErrorCode.InvalidRequest, rejection!.Code);
        Assert.Equal(JobStatus.Rejected, rejection.Status);
        return rejection.Error!;
    }

    private static PredictionJob Job(string parameters) => new()
    {
        Inputs = [],
        Parameters = JsonElement.Parse(parameters).EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
    };
}
