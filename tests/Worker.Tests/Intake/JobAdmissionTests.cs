using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Broker;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Retries;
using Millrace.Worker.Tests.Onnx;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

/// <summary>What is decided of a job before it could run; the model <c>m</c> is served in version 1.</summary>
public sealed class JobAdmissionTests : IDisposable
{
    private const string Inputs = """ "inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}] """;

    private readonly ManualTime _time = new();
    private readonly WorkerMetrics _metrics = new(TimeProvider.System);
    private readonly TestModel _model = TestModel.Open(OnnxGraph.Identity(TensorDatatype.Fp32, -1));
    private readonly ModelCatalog _catalog;

    public JobAdmissionTests() =>
        _catalog = new ModelCatalog([new ServedModel(_model.Version, [_model.Predictor], "cpu")]);

    public void Dispose()
    {
        _catalog.Dispose();
        _metrics.Dispose();
        _time.Dispose();
    }

    [Fact]
    public void A_refused_reply_address_is_why_a_job_is_rejected_whatever_else_is_wrong_with_it()
    {
        foreach (var body in new[] { $$"""{{{Inputs}}}""", $$"""{"model_version":"9",{{Inputs}}}""", """{"inputs":5}""" })
        {
            var job = Admit(Delivery(body) with { ReplyTo = "millrace.dead" });
            Assert.Equal((JobStatus.Rejected, ErrorCode.ReplyToRefused), (job.Outcome.Status, job.Outcome.Code));
            Assert.Null(job.Reply.Queue);
        }
    }

    [Fact]
    public void Attempts_and_errors_are_believed_where_a_worker_wrote_them()
    {
        var claim = Delivery($$"""{{{Inputs}}}""") with { Attempt = 3, Errors = "attempt 1: no; attempt 2: no" };

        foreach (var worker in new[] { "worker", "other worker" })
        {
            var believed = AdmitToRun(claim with { UserId = worker });
            Assert.Equal((3, claim.Errors, true), (believed.Attempt, believed.Errors, believed.RunsAlone));
        }

        foreach (var stranger in new[] { null, "", "producer", "Worker" })
        {
            var forged = AdmitToRun(claim with { UserId = stranger });
            Assert.Equal((1, null, false), (forged.Attempt, forged.Errors, forged.RunsAlone));
            Assert.Equal(1, forged.Delivery.Attempt);
        }
    }

    [Fact]
    public void A_job_that_a_worker_may_have_died_of_stays_one_while_it_waits_for_a_version()
    {
        var claim = Delivery($$"""{{{Inputs}}}""") with { WasRedelivered = true };

        Assert.True(Admit(claim with { UserId = "worker" }).Delivery.Redelivered);
        Assert.False(Admit(claim with { UserId = "producer" }).Delivery.Redelivered);
    }

    [Fact]
    public void A_version_that_another_worker_may_have_is_waited_for_as_long_as_the_option_says()
    {
        var delivery = Delivery($$"""{"model_version":"2",{{Inputs}}}""") with { UserId = "worker", Attempt = 2, Errors = "attempt 1: no" };
        var waits = 0;
        while (Admit(delivery) is { IsDecided: false } job)
        {
            waits++;
            Assert.Equal((2, delivery.Errors, "2"), (job.Attempt, job.Errors, job.ModelVersion));
            Assert.InRange(job.Wait!.Waited - delivery.Waited, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
            delivery = delivery with { Waited = job.Wait.Waited };
        }

        Assert.Equal((TimeSpan.FromSeconds(20), 20), (delivery.Waited, waits));
        var outcome = Admit(delivery).Outcome;
        Assert.Equal((JobStatus.Rejected, ErrorCode.ModelVersionNotFound), (outcome.Status, outcome.Code));
        Assert.EndsWith("expected '1' or none; no other worker took it in 20 s either (Retries:VersionWait)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_that_claims_to_have_waited_waits_all_the_same() =>
        Assert.Equal(
            TimeSpan.FromSeconds(1), Admit(Delivery($$"""{"model_version":"2",{{Inputs}}}""") with { Waited = TimeSpan.FromHours(1) }).Wait!.Waited);

    [Theory]
    [InlineData("two", "")]
    [InlineData("-1", "")]
    [InlineData("", "")]
    public void What_is_no_version_is_rejected_at_once(string version, string told)
    {
        var outcome = Admit(Delivery($$"""{"model_version":"{{version}}",{{Inputs}}}""")).Outcome;
        Assert.Equal(ErrorCode.ModelVersionNotFound, outcome.Code);
        Assert.EndsWith("or none" + told, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_waited_for_where_the_option_says_so_or_no_other_worker_could_take_it()
    {
        var delivery = Delivery($$"""{"model_version":"2",{{Inputs}}}""");

        Assert.Equal(ErrorCode.ModelVersionNotFound, Admit(delivery, new RetryOptions { VersionWait = TimeSpan.Zero }).Outcome.Code);
        Assert.Equal(ErrorCode.ModelVersionNotFound, Admit(delivery, reachesOthers: false).Outcome.Code);
    }

    [Fact]
    public void A_deadline_holds_while_a_version_is_waited_for()
    {
        var body = $$"""{"model_version":"2","parameters":{"deadline":"2026-01-31T12:00:30Z"},{{Inputs}}}""";
        Assert.False(Admit(Delivery(body)).IsDecided);

        _time.Advance(TimeSpan.FromSeconds(30));

        var outcome = Admit(Delivery(body)).Outcome;
        Assert.Equal((JobStatus.Expired, ErrorCode.DeadlineExceeded), (outcome.Status, outcome.Code));
    }

    [Fact]
    public void Parameters_that_cannot_be_read_are_told_at_once()
    {
        var body = $$"""{"model_version":"2","parameters":{"deadline":"soon"},{{Inputs}}}""";
        Assert.Equal(ErrorCode.InvalidRequest, Admit(Delivery(body)).Outcome.Code);
    }

    [Fact]
    public void A_job_whose_bad_rows_are_known_runs_without_them_and_keeps_its_rows()
    {
        var body = """{"parameters":{"partial":true},"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[1,null,3,"x"]}]}""";

        var job = AdmitToRun(Delivery(body));

        Assert.False(job.IsDecided);
        Assert.Equal((2, 4), (job.RowCount, job.GivenRows));
        Assert.Equal([1f, 3f], job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal([1, 3], job.Partial!.Errors.Select(error => error.Row));
        // Another attempt begins with the same.
        job.Partial.Fail(1, 1, "code", "text", JobOutcome.Failed("code", "text"));
        Assert.Equal([1, 2, 3], job.Partial.Errors.Select(error => error.Row));
        Assert.Equal([1, 3], job.Again(2, "attempt 1: no").Partial!.Errors.Select(error => error.Row));
    }

    [Fact]
    public void A_job_whose_rows_are_all_bad_is_rejected_as_without_partial_and_names_them()
    {
        const string inputs = """ "inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":["a",null]}] """;

        var job = Admit(Delivery($$"""{"parameters":{"partial":true},{{inputs}}}"""));
        var plain = Admit(Delivery($$"""{{{inputs}}}"""));

        Assert.Equal(
            (plain.Outcome.Status, plain.Outcome.Code, plain.Outcome.Error, 2), (job.Outcome.Status, job.Outcome.Code, job.Outcome.Error, job.GivenRows));
        Assert.Equal([0, 1], job.Outcome.RowErrors.Select(error => error.Row));
        Assert.Empty(plain.Outcome.RowErrors);
    }

    [Fact]
    public void A_model_that_runs_each_job_whole_rejects_partial()
    {
        using var model = TestModel.Open(new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, -1)
            .Node("Softmax", ["x"], ["y"], ("axis", 0))
            .Output("y", TensorDatatype.Fp32, -1));

        var rejection = JobValidator.Validate(
            new PredictionJob { Inputs = [Tensor.Create<float>("x", [2], [1, 2])], Parameters = PendingJobs.AsksPartial }, model.Version, maxRows: 10).Rejection;

        Assert.Equal((JobStatus.Rejected, ErrorCode.PartialNotSupported), (rejection!.Status, rejection.Code));
        Assert.StartsWith("parameters.partial: model 'm' runs each job whole", rejection.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_a_whole_job_is_no_row_s_fault()
    {
        foreach (var inputs in new[]
        {
            """[{"name":"z","shape":[2],"datatype":"FP32","data":[1,"x"]}]""",
            """[{"name":"x","shape":[2],"datatype":"INT64","data":[1,"x"]}]""",
            """[{"name":"x","shape":[2,1],"datatype":"FP32","data":[1,"x"]}]""",
        })
        {
            var outcome = Admit(Delivery($$"""{"parameters":{"partial":true},"inputs":{{inputs}}}""")).Outcome;
            Assert.Equal((JobStatus.Rejected, 0), (outcome.Status, outcome.RowErrors.Count));
        }
    }

    private static InboundDelivery Delivery(string body) => PendingJobs.Delivery() with { Body = System.Text.Encoding.UTF8.GetBytes(body) };

    private RunnableJob AdmitToRun(InboundDelivery delivery) => Assert.IsType<RunnableJob>(Admit(delivery));

    private PendingJob Admit(InboundDelivery delivery, RetryOptions? options = null, bool reachesOthers = true)
    {
        var limits = Options.Create(new LimitsOptions());
        var broker = Options.Create(new BrokerOptions { Uri = "amqp://worker:secret@host", WorkerUsers = "other worker, third" });
        var claims = new RetryClaims(new WorkerLogins(broker), _time, NullLogger<RetryClaims>.Instance);
        var waits = new VersionWaits(
            Options.Create(options ?? new RetryOptions()), new NoRoute(reachesOthers), _metrics, _time, NullLogger<VersionWaits>.Instance);
        var (job, unreadable) = new JobAdmission(new DeliveryReader(limits), _catalog, claims, waits, limits, _time).Admit(delivery);
        Assert.Null(unreadable);
        return job!;
    }

    private sealed class NoRoute(bool reachesOthers) : IRetryRoute
    {
        public bool ReachesOthers => reachesOthers;

        public void Send(PendingJob job, JobRetry retry) => throw new InvalidOperationException("It is only decided whether the job waits.");
    }
}
