using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using MassTransit;
using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>What a client of any language sees of a running worker.</summary>
public sealed class ServingTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private Site _site = null!;
    private ForeignClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await _site.StartWorkerAsync(TestContext.Current.CancellationToken, ("Retries__VersionWait", "00:00:01"));
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task Answers_a_JSON_job_and_keeps_its_row_for_plain_SQL()
    {
        var id = Guid.NewGuid();
        var reply = await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(0)));

        Assert.Equal("succeeded", reply.Status);
        Assert.Equal(id.ToString(), reply.Json["id"]!.GetValue<string>());
        Assert.Equal("1", reply.Json["model_version"]!.GetValue<string>());
        Assert.Equal(Digits.Label(0), reply.Output("label")["data"]![0]!.GetValue<string>());
        Assert.Equal(10, reply.Output("probabilities")["data"]!.AsArray().Count);
        Assert.Equal(
            Digits.Label(0), await _site.QueryAsync<string>("SELECT outputs->>'label' FROM millrace.rows WHERE job_id = $1", id));
        Assert.Equal(
            reply.Output("score")["data"]![0]!.GetValue<float>(),
            await _site.QueryAsync<float>("SELECT (outputs->'score'->'data'->>0)::real FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task Answers_a_binary_job_in_binary()
    {
        var header = Encoding.UTF8.GetBytes(
            """{"model_name":"digits","inputs":[{"name":"image","shape":[1,64],"datatype":"FP32","parameters":{"binary_data_size":256}}],"outputs":[{"name":"probabilities"}]}""");
        byte[] body = [.. header, .. MemoryMarshal.AsBytes(Digits.Pixels(3).AsSpan())];
        var reply = await _client.CallAsync(body, new BasicProperties
        {
            ContentType = "application/octet-stream",
            Headers = new Dictionary<string, object?> { ["Inference-Header-Content-Length"] = header.Length },
        });

        Assert.Equal("application/octet-stream", reply.Properties.ContentType);
        var length = Convert.ToInt32(reply.Properties.Headers!["Inference-Header-Content-Length"], System.Globalization.CultureInfo.InvariantCulture);
        var json = JsonNode.Parse(reply.Body.AsSpan(0, length))!;
        Assert.Equal(40, json["outputs"]![0]!["parameters"]!["binary_data_size"]!.GetValue<int>());
        var scores = Enumerable.Range(0, 10).Select(i => BinaryPrimitives.ReadSingleLittleEndian(reply.Body.AsSpan(length + i * 4))).ToList();
        Assert.Equal(Digits.Label(3), scores.IndexOf(scores.Max()).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task A_compressed_job_is_answered_and_is_the_same_job_when_it_comes_again_as_it_is(string encoding)
    {
        var id = Guid.NewGuid();
        var plain = Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(4)).ToJsonString());

        var compressed = await _client.CallAsync(Compress(plain, encoding), new BasicProperties { ContentType = "application/json", ContentEncoding = encoding });
        var again = await _client.CallAsync(plain, new BasicProperties { ContentType = "application/json", ContentEncoding = "utf-8" });

        Assert.Equal(Digits.Label(4), compressed.Output("label")["data"]![0]!.GetValue<string>());
        Assert.Equal(compressed.Body, again.Body);
        Assert.Equal(1L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task A_body_that_inflates_beyond_the_limit_is_rejected_under_its_id()
    {
        var id = Guid.NewGuid();
        var plain = Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(4)).ToJsonString() + new string(' ', 64 << 20));

        var reply = await _client.CallAsync(Compress(plain, "gzip"), new BasicProperties { ContentType = "application/json", ContentEncoding = "gzip" });

        Assert.Equal(("rejected", "payload_too_large"), (reply.Status, reply.Json["code"]!.GetValue<string>()));
        Assert.Equal("rejected", await _site.QueryAsync<string>("SELECT status FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task An_encoding_that_is_not_known_is_refused_by_its_name_and_stays_with_the_dead_letter()
    {
        var reply = await _client.CallAsync([1, 2, 3], new BasicProperties { ContentType = "application/json", ContentEncoding = "br" });

        Assert.Equal("unreadable_body", reply.Json["code"]!.GetValue<string>());
        Assert.StartsWith("content_encoding: found 'br', expected gzip, deflate or zstd", reply.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("br", (await _client.TakeAsync("millrace.dead")).BasicProperties.ContentEncoding);
    }

    [Fact]
    public async Task Answers_a_MassTransit_request_client()
    {
        var bus = Bus.Factory.CreateUsingRabbitMq(configuration => configuration.Host(_site.Broker));
        await bus.StartAsync(TestContext.Current.CancellationToken);
        try
        {
            var client = bus.CreateRequestClient<PredictionJob>(new Uri("exchange:millrace.digits"), TimeSpan.FromSeconds(30));
            var job = new PredictionJob { Id = Guid.NewGuid(), ModelName = "digits", Inputs = [Tensor.Create<float>("image", [1, 64], Digits.Pixels(5))] };
            var response = await client.GetResponse<PredictionResult>(job, TestContext.Current.CancellationToken);

            Assert.Equal(JobStatus.Succeeded, response.Message.Status);
            Assert.Equal([Digits.Label(5)], response.Message.Outputs.Single(output => output.Name == "label").ToStrings());
            Assert.Equal("succeeded", await _site.QueryAsync<string>("SELECT status FROM millrace.results WHERE job_id = $1", job.Id));
        }
        finally
        {
            await bus.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Splits_a_job_of_more_rows_than_a_batch_and_joins_it_again()
    {
        var rows = Enumerable.Range(0, 150).ToArray();
        var whole = await _client.CallAsync(ForeignClient.Request(Guid.NewGuid().ToString(), [.. rows.Select(Digits.Pixels)]));
        var singles = await Task.WhenAll(rows.Select(row => _client.CallAsync(ForeignClient.Request(Guid.NewGuid().ToString(), Digits.Pixels(row)))));

        Assert.Equal([150, 10], whole.Output("probabilities")["shape"]!.AsArray().Select(dimension => dimension!.GetValue<int>()));
        Assert.Equal(
            singles.Select(single => single.Output("label")["data"]![0]!.GetValue<string>()),
            whole.Output("label")["data"]!.AsArray().Select(label => label!.GetValue<string>()));
        Assert.Equal(150L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.rows WHERE job_id = $1", Guid.Parse(whole.Json["id"]!.GetValue<string>())));
    }

    [Fact]
    public async Task Gives_only_the_outputs_that_were_asked_for()
    {
        var request = ForeignClient.Request(null, Digits.Pixels(1));
        request["outputs"] = new JsonArray(new JsonObject { ["name"] = "score" });
        var reply = await _client.CallAsync(request);
        Assert.Equal(["score"], reply.Json["outputs"]!.AsArray().Select(output => output!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_job_published_many_times_has_one_row_and_equal_replies()
    {
        var id = Guid.NewGuid();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(7)))));
        var later = await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(7)));

        Assert.All(replies, reply => Assert.Equal(later.Body, reply.Body));
        Assert.Equal(1L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_a_conflict_and_the_first_row_stands()
    {
        var id = Guid.NewGuid();
        await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(7)));
        var reply = await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(8)));

        Assert.Equal("rejected", reply.Status);
        Assert.Equal("id_conflict", reply.Json["code"]!.GetValue<string>());
        Assert.Equal(Digits.Label(7), await _site.QueryAsync<string>("SELECT outputs->>'label' FROM millrace.rows WHERE job_id = $1", id));
    }

    [Fact]
    public async Task Bad_jobs_among_good_ones_are_rejected_with_a_row_each_and_harm_no_neighbour()
    {
        var bad = BadJobs().ToDictionary(job => Guid.NewGuid(), job => job);
        var good = Enumerable.Range(0, 200).Select(row => (Id: Guid.NewGuid(), Row: row)).ToList();
        var badReplies = bad.Select(async job =>
        {
            job.Value.Request["id"] = job.Key.ToString();
            return (job.Key, job.Value.Code, Reply: await _client.CallAsync(job.Value.Request));
        });
        var goodReplies = good.Select(async job => (job.Row, Reply: await _client.CallAsync(ForeignClient.Request(job.Id.ToString(), Digits.Pixels(job.Row)))));
        var rejected = Task.WhenAll(badReplies.ToList());
        var succeeded = await Task.WhenAll(goodReplies.ToList());

        Assert.All(succeeded, job => Assert.Equal("succeeded", job.Reply.Status));
        foreach (var (id, code, reply) in await rejected)
        {
            Assert.Equal(("rejected", code), (reply.Status, reply.Json["code"]!.GetValue<string>()));
            Assert.Equal(id.ToString(), reply.Json["id"]!.GetValue<string>());
            Assert.Equal($"rejected {code}", await _site.QueryAsync<string>("SELECT status || ' ' || code FROM millrace.results WHERE job_id = $1", id));
        }
    }

    [Fact]
    public async Task A_body_over_the_limit_is_rejected_under_its_own_id()
    {
        var id = Guid.NewGuid();
        var request = ForeignClient.Request(id.ToString(), Digits.Pixels(0));
        request["padding"] = new string('x', 5 * 1024 * 1024);
        var reply = await _client.CallAsync(request);
        Assert.Equal("payload_too_large", reply.Json["code"]!.GetValue<string>());
        Assert.Equal("payload_too_large", await _site.QueryAsync<string>("SELECT code FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_goes_to_the_dead_letters_with_its_reason_and_is_answered()
    {
        var body = Encoding.UTF8.GetBytes("{\"inputs\": [");
        var reply = await _client.CallAsync(body, new BasicProperties { ContentType = "application/json" });
        var dead = await _client.TakeAsync("millrace.dead");

        Assert.Equal("unreadable_body", reply.Json["code"]!.GetValue<string>());
        Assert.Equal(body, dead.Body.ToArray());
        var reason = Encoding.UTF8.GetString((byte[])dead.BasicProperties.Headers!["millrace-reason"]!);
        Assert.StartsWith("unreadable_body: body: not readable as JSON at line 1, byte 13", reason, StringComparison.Ordinal);
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
    }

    [Fact]
    public async Task A_model_that_nobody_serves_comes_back_as_unroutable()
    {
        var fault = await Assert.ThrowsAnyAsync<RabbitMQ.Client.Exceptions.PublishException>(
            () => _client.PublishAsync([], new BasicProperties(), routingKey: "nobody"));
        Assert.True(fault.IsReturn);
    }

    [Fact]
    public async Task A_job_whose_deadline_has_passed_expires_and_does_not_run()
    {
        var request = ForeignClient.Request(null, Digits.Pixels(1));
        request["parameters"] = new JsonObject { ["deadline"] = "2020-01-01T00:00:00Z" };
        var reply = await _client.CallAsync(request);
        Assert.Equal("expired", reply.Status);
        Assert.Equal("deadline_exceeded", reply.Json["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_reply_queue_that_is_gone_marks_the_row_and_holds_nobody_up()
    {
        var id = Guid.NewGuid();
        await _client.PublishAsync(
            Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(2)).ToJsonString()),
            new BasicProperties { ContentType = "application/json", ReplyTo = "no-such-queue" });

        // Its delivery is acked after the mark: once the queue is drained behind it, the mark is there.
        var next = await _client.CallAsync(ForeignClient.Request(null, Digits.Pixels(2)));
        Assert.Equal("succeeded", next.Status);
        await Eventually.TrueAsync(async () =>
            await _site.QueryAsync<bool>("SELECT undeliverable_at IS NOT NULL FROM millrace.results WHERE job_id = $1", id));
        Assert.Null(await _site.Host.CountMessagesAsync("no-such-queue", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_bulk_runs_rows_come_out_in_input_order_with_a_simple_select()
    {
        var run = Guid.NewGuid();
        var replies = Enumerable.Range(0, 10).Reverse().Select(async chunk =>
        {
            var request = ForeignClient.Request(null, [.. Enumerable.Range(chunk * 5, 5).Select(Digits.Pixels)]);
            request["parameters"] = new JsonObject { ["run_id"] = run.ToString(), ["run_row"] = chunk * 5 };
            return await _client.CallAsync(
                Encoding.UTF8.GetBytes(request.ToJsonString()), new BasicProperties { ContentType = "application/json" }, "digits.bulk");
        });
        await Task.WhenAll(replies);

        var labels = await _site.QueryAsync<string[]>(
            "SELECT array_agg(outputs->>'label' ORDER BY run_row) FROM millrace.rows WHERE run_id = $1", run);
        Assert.Equal(Enumerable.Range(0, 50).Select(Digits.Label).Take(5), labels!.Take(5));
        Assert.Equal(50, labels!.Length);
        Assert.Equal("bulk", await _site.QueryAsync<string>("SELECT DISTINCT lane FROM millrace.results WHERE run_id = $1", run));
    }

    private static IEnumerable<(string Code, JsonObject Request)> BadJobs()
    {
        yield return Bad("model_not_found", request => request["model_name"] = "nope");
        yield return Bad("model_version_not_found", request => request["model_version"] = "2");
        yield return Bad("input_missing", request => request["inputs"] = new JsonArray());
        yield return Bad("input_unexpected", request => Input(request)["name"] = "picture");
        yield return Bad("datatype_mismatch", request => Input(request)["datatype"] = "FP64");
        yield return Bad("invalid_value", request => Input(request)["data"]![3] = "many");
        yield return Bad("shape_mismatch", request => Input(request)["shape"] = new JsonArray(64));
        yield return Bad("data_length_mismatch", request => Input(request)["shape"] = new JsonArray(2, 64));
        yield return Bad("shape_too_large", request => Input(request)["shape"] = new JsonArray(long.MaxValue, 64));
        yield return Bad("shape_too_large", request => Input(request)["shape"] = new JsonArray(1, 1, 1, 1, 1, 1, 1, 1, 64));
        yield return Bad("value_not_finite", request => Input(request)["data"]![3] = "NaN");
        yield return Bad("invalid_request", request => Input(request)["shape"] = new JsonArray(-1, 64));
        yield return Bad("invalid_request", request => request["inputs"] = "none");
        yield return Bad("output_unknown", request => request["outputs"] = new JsonArray(new JsonObject { ["name"] = "nope" }));
        yield return Bad("batch_empty", request =>
        {
            Input(request)["shape"] = new JsonArray(0, 64);
            Input(request)["data"] = new JsonArray();
        });
    }

    private static (string Code, JsonObject Request) Bad(string code, Action<JsonObject> spoil)
    {
        var request = ForeignClient.Request(null, Digits.Pixels(0));
        spoil(request);
        return (code, request);
    }

    private static JsonObject Input(JsonObject request) => request["inputs"]![0]!.AsObject();

    private static byte[] Compress(byte[] plain, string encoding) =>
        Contracts.Tests.Wire.Compressed.Of(encoding == "deflate" ? "zlib" : encoding, plain);
}
