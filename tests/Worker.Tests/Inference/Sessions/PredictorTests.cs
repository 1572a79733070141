using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference.Sessions;

public sealed class PredictorTests
{
    public static TheoryData<Tensor> OfEveryDatatype =>
    [
        Tensor.Create<bool>("x", [3, 2], [true, false, false, true, true, true]),
        Tensor.Create<byte>("x", [3, 2], [0, 255, 1, 2, 3, 4]),
        Tensor.Create<ushort>("x", [3, 2], [0, ushort.MaxValue, 1, 2, 3, 4]),
        Tensor.Create<uint>("x", [3, 2], [0, uint.MaxValue, 1, 2, 3, 4]),
        Tensor.Create<ulong>("x", [3, 2], [0, ulong.MaxValue, 1, 2, 3, 4]),
        Tensor.Create<sbyte>("x", [3, 2], [sbyte.MinValue, sbyte.MaxValue, -1, 2, 3, 4]),
        Tensor.Create<short>("x", [3, 2], [short.MinValue, short.MaxValue, -1, 2, 3, 4]),
        Tensor.Create<int>("x", [3, 2], [int.MinValue, int.MaxValue, -1, 2, 3, 4]),
        Tensor.Create<long>("x", [3, 2], [long.MinValue, long.MaxValue, -1, 2, 3, 4]),
        Tensor.Create<Half>("x", [3, 2], [Half.MinValue, Half.NaN, Half.NegativeInfinity, Half.Epsilon, (Half)3, (Half)4]),
        Tensor.Create<float>("x", [3, 2], [float.MinValue, float.NaN, float.NegativeInfinity, float.Epsilon, 3, 4]),
        Tensor.Create<double>("x", [3, 2], [double.MinValue, double.NaN, double.NegativeInfinity, double.Epsilon, 3, 4]),
        Tensor.Create("x", [3, 2], ["", "a", "日本語 😀", new string('x', 10_000), "a\0b", "\n"]),
    ];

    [Theory]
    [MemberData(nameof(OfEveryDatatype), DisableDiscoveryEnumeration = true)]
    public void Every_datatype_goes_in_and_out_unchanged(Tensor x)
    {
        using var model = TestModel.Open(OnnxGraph.Identity(x.Datatype, -1, 2));

        // Twice, for the second run has its binding already, and over batches of 2 rows, the last one short.
        for (var i = 0; i < 2; i++)
        {
            Same(x, model.Run(x)[0]);
        }

        using var split = TestModel.Open(OnnxGraph.Identity(x.Datatype, -1, 2), new ModelConfig { MaxBatchSize = 2 });
        Same(x, split.Run(x)[0]);
        using var padded = TestModel.Open(OnnxGraph.Identity(x.Datatype, -1, 2), new ModelConfig { Buckets = [8] });
        Same(x, padded.Run(x)[0]);
        using var whole = TestModel.Open(OnnxGraph.Identity(x.Datatype, 3, 2));
        Assert.False(whole.Version.IsBatchable);
        Same(x, whole.Run(x)[0]);
    }

    [Fact]
    public void Jobs_of_one_batch_get_their_own_rows()
    {
        using var model = TestModel.Open(Double());
        var jobs = new[] { 2, 1, 3 }.Select((rows, i) => model.Job(Rows(100 * i, rows))).ToArray();
        var ran = new List<int>();

        var outputs = model.Run(jobs, ran);

        Assert.Equal([6], ran);
        Assert.Equal([0, 2, 4, 6], Floats(outputs[0]));
        Assert.Equal([200, 202], Floats(outputs[1]));
        Assert.Equal([400, 402, 404, 406, 408, 410], Floats(outputs[2]));
        Assert.Equal([3, 2], outputs[2][0].Shape);
    }

    [Fact]
    public void A_batch_is_padded_to_its_bucket_and_nobody_sees_it()
    {
        using var model = TestModel.Open(Double(), new ModelConfig { Buckets = [2, 4] });
        var ran = new List<int>();

        var outputs = model.Run([model.Job(Rows(0, 3)), model.Job(Rows(10, 3)), model.Job(Rows(20, 1))], ran);

        Assert.Equal([4, 4], ran);
        Assert.Equal([0, 2, 4, 6, 8, 10], Floats(outputs[0]));
        Assert.Equal([20, 22, 24, 26, 28, 30], Floats(outputs[1]));
        Assert.Equal([40, 42], Floats(outputs[2]));
    }

    /// <summary>Rows that fill a bucket must be rows that the model takes: here zeros would be out of range.</summary>
    [Fact]
    public void Padding_repeats_a_row_of_the_batch()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [2], [5, 6]))
            .Constant(Tensor.Create<long>("minus7", [], [-7]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("Add", ["x", "minus7"], ["index"])
            .Node("Gather", ["data", "index"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1);
        using var model = TestModel.Open(graph, new ModelConfig { Buckets = [8], MaxBatchSize = 8 });

        Assert.Equal([6, 5, 6], Floats(model.Run(Tensor.Create<long>("x", [3], [8, 7, 8]))));
    }

    [Fact]
    public void A_job_is_split_over_batches_and_put_together_again()
    {
        using var model = TestModel.Open(Double(), new ModelConfig { MaxBatchSize = 4 });
        var ran = new List<int>();

        var outputs = model.Run([model.Job(Rows(0, 1)), model.Job(Rows(10, 9)), model.Job(Rows(50, 2))], ran);

        Assert.Equal([4, 4, 4], ran);
        Assert.Equal([0, 2], Floats(outputs[0]));
        Assert.Equal(Enumerable.Range(10, 18).Select(number => 2f * number), Floats(outputs[1]));
        Assert.Equal([9, 2], outputs[1][0].Shape);
        Assert.Equal([100, 102, 104, 106], Floats(outputs[2]));
    }

    [Fact]
    public void Inputs_are_scaled_before_the_run()
    {
        Assert.Equal([0.5f, 1f], Scaled(Tensor.Create<float>("x", [1, 2], [8, 16]))[0].AsSpan<float>().ToArray());
        Assert.Equal([0.5, 1], Scaled(Tensor.Create<double>("x", [1, 2], [8, 16]))[0].AsSpan<double>().ToArray());
        Assert.Equal([(Half)0.5, (Half)1], Scaled(Tensor.Create<Half>("x", [1, 2], [(Half)8, (Half)16]))[0].AsSpan<Half>().ToArray());

        static IReadOnlyList<Tensor> Scaled(Tensor x)
        {
            using var model = TestModel.Open(
                OnnxGraph.Identity(x.Datatype, -1, 2), new ModelConfig { Scale = new Dictionary<string, double> { ["x"] = 0.0625 }, Buckets = [4] });
            return model.Run(x);
        }
    }

    [Fact]
    public void A_model_with_open_dimensions_runs_each_shape()
    {
        using var model = TestModel.Open(OnnxGraph.Identity(TensorDatatype.Fp32, -1, -1));
        Assert.True(model.Version.IsBatchable);
        var jobs = new[] { 1, 1000, 2, 0, 1000, 1 }.Select(width => model.Job(
            Tensor.Create<float>("x", [2, width], [.. Enumerable.Range(width, 2 * width).Select(number => (float)number)]))).ToArray();

        var outputs = model.Run(jobs);

        for (var i = 0; i < jobs.Length; i++)
        {
            Same(jobs[i].Inputs[0], outputs[i][0]);
        }
    }

    [Fact]
    public void More_shapes_than_bindings_are_kept_for_still_run()
    {
        using var model = TestModel.Open(OnnxGraph.Identity(TensorDatatype.Int32, -1, -1));

        for (var width = 600; width > 0; width--)
        {
            var x = Tensor.Create<int>("x", [1, width], [.. Enumerable.Range(0, width)]);
            Same(x, model.Run(x)[0]);
        }
    }

    /// <summary>NonZero gives as many columns as there are: the same input shape, another output shape each time.</summary>
    [Fact]
    public void Outputs_whose_size_depends_on_the_values_differ_from_run_to_run()
    {
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Int32, 4)
            .Node("NonZero", ["x"], ["y"])
            .Output("y", TensorDatatype.Int64, 1, -1);
        using var model = TestModel.Open(graph);

        Assert.Equal([1L, 3], model.Run(Tensor.Create<int>("x", [4], [0, 5, 0, 6]))[0].AsSpan<long>().ToArray());
        Assert.Equal([0L, 1, 2, 3], model.Run(Tensor.Create<int>("x", [4], [1, 1, 1, 1]))[0].AsSpan<long>().ToArray());
        Assert.Equal(0, model.Run(Tensor.Create<int>("x", [4], [0, 0, 0, 0]))[0].Data.Length);
        Assert.Equal([2L], model.Run(Tensor.Create<int>("x", [4], [0, 0, 9, 0]))[0].AsSpan<long>().ToArray());
    }

    [Fact]
    public void A_scalar_and_an_input_without_elements_are_run_whole()
    {
        var graph = new OnnxGraph()
            .Input("s", TensorDatatype.Fp32)
            .Input("e", TensorDatatype.Fp32, 0, 3)
            .Node("Identity", ["s"], ["a"])
            .Node("Identity", ["e"], ["b"])
            .Output("a", TensorDatatype.Fp32)
            .Output("b", TensorDatatype.Fp32, 0, 3);
        using var model = TestModel.Open(graph);

        var outputs = model.Run(Tensor.Create<float>("s", [], [7]), Tensor.Create<float>("e", [0, 3], []));

        Assert.Empty(outputs[0].Shape);
        Assert.Equal([7f], outputs[0].AsSpan<float>().ToArray());
        Assert.Equal([0, 3], outputs[1].Shape);
    }

    [Fact]
    public void A_model_that_mixes_rows_gets_jobs_whole_also_where_its_config_says_one_row_a_batch()
    {
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, -1, 1)
            .Node("Softmax", ["x"], ["y"], ("axis", 0))
            .Output("y", TensorDatatype.Fp32, -1, 1);
        using var model = TestModel.Open(graph, new ModelConfig { MaxBatchSize = 1 });

        Assert.Equal([0.5f, 0.5f], Floats(model.Run(Tensor.Create<float>("x", [2, 1], [3, 3]))));
    }

    [Fact]
    public void Labels_are_outputs_of_their_own()
    {
        using var model = TestModel.Open(
            OnnxGraph.Identity(TensorDatatype.Fp32, -1, 3),
            new ModelConfig { TopK = 2, Labels = new Dictionary<string, IReadOnlyList<string>> { ["y"] = ["a", "b", "c"] } });

        var outputs = model.Run(Tensor.Create<float>("x", [2, 3], [1, 2, 3, 6, 5, 4]));

        Assert.Equal(["y", "label", "score"], outputs.Select(output => output.Name));
        Assert.Equal(["c", "b", "a", "b"], outputs[1].ToStrings());
        Assert.Equal([3, 2, 6, 5], outputs[2].AsSpan<float>().ToArray());
    }

    /// <summary>ONNX Runtime does not write such an output: it hands the input on, wherever that lies.</summary>
    [Fact]
    public void An_output_that_is_an_input_gives_the_jobs_own_values()
    {
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, -1, 4)
            .Node("Relu", ["x"], ["y"])
            .Output("x", TensorDatatype.Fp32, -1, 4)
            .Output("y", TensorDatatype.Fp32, -1, 4);
        foreach (var config in new[] { new ModelConfig(), new ModelConfig { MaxBatchSize = 2 }, new ModelConfig { Buckets = [8] } })
        {
            using var model = TestModel.Open(graph, config);
            for (var run = 0; run < 2; run++)
            {
                var x = Tensor.Create<float>("x", [3, 4], [.. Enumerable.Range(7 * run, 12).Select(number => (float)number)]);

                var outputs = model.Run(x);

                Same(x, outputs[0]);
                Same(x, outputs[1]);
            }
        }
    }

    [Fact]
    public void Outputs_that_are_one_value_under_other_shapes_or_a_constant_beside_it_are_the_runs_own()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<long>("flat", [2], [-1, 4]))
            .Constant(Tensor.Create<long>("second", [1], [1]))
            .Input("x", TensorDatatype.Fp32, -1, 4)
            .Node("Identity", ["x"], ["same"])
            .Node("Reshape", ["x", "flat"], ["reshaped"])
            .Node("Unsqueeze", ["x", "second"], ["wide"])
            .Node("Squeeze", ["wide", "second"], ["narrow"])
            .Output("same", TensorDatatype.Fp32, -1, 4)
            .Output("reshaped", TensorDatatype.Fp32, -1, 4)
            .Output("wide", TensorDatatype.Fp32, -1, 1, 4)
            .Output("narrow", TensorDatatype.Fp32, -1, 4);
        using var model = TestModel.Open(graph);
        Assert.True(model.Version.IsBatchable);
        for (var run = 0; run < 2; run++)
        {
            var x = Tensor.Create<float>("x", [3, 4], [.. Enumerable.Range(7 * run, 12).Select(number => (float)number)]);

            Assert.All(model.Run(x), output => Assert.Equal(x.AsSpan<float>().ToArray(), output.AsSpan<float>().ToArray()));
        }
    }

    [Fact]
    public void Only_the_outputs_asked_for_are_given()
    {
        using var model = TestModel.Open(Double());
        var job = PendingJobs.ToRun(model.Version, TimeProvider.System, [Rows(1, 1)], "twice");

        Assert.Equal("twice", Assert.Single(model.Run([job])[0]).Name);
    }

    [Fact]
    public void Several_inputs_with_several_datatypes_are_packed_row_by_row()
    {
        var graph = new OnnxGraph()
            .Input("a", TensorDatatype.Int64, -1)
            .Input("t", TensorDatatype.Bytes, -1, 2)
            .Input("b", TensorDatatype.UInt8, -1, 3)
            .Node("Identity", ["a"], ["ya"])
            .Node("Identity", ["t"], ["yt"])
            .Node("Identity", ["b"], ["yb"])
            .Output("ya", TensorDatatype.Int64, -1)
            .Output("yt", TensorDatatype.Bytes, -1, 2)
            .Output("yb", TensorDatatype.UInt8, -1, 3);
        using var model = TestModel.Open(graph, new ModelConfig { Buckets = [4] });
        var jobs = new[] { 3, 2, 1 }.Select((rows, i) => model.Job(
            Tensor.Create<long>("a", [rows], [.. Enumerable.Range(10 * i, rows).Select(number => (long)number)]),
            Tensor.Create("t", [rows, 2], [.. Enumerable.Range(0, 2 * rows).Select(number => new string((char)('a' + i), number))]),
            Tensor.Create<byte>("b", [rows, 3], [.. Enumerable.Range(20 * i, 3 * rows).Select(number => (byte)number)]))).ToArray();

        var outputs = model.Run(jobs);

        for (var i = 0; i < jobs.Length; i++)
        {
            for (var n = 0; n < 3; n++)
            {
                Same(jobs[i].Inputs[n], outputs[i][n]);
            }
        }
    }

    /// <summary>The buffers are made for a full batch at once, but only where that is not absurdly large.</summary>
    [Fact]
    public void A_large_row_runs_also_where_a_full_batch_of_it_would_not_fit_into_memory()
    {
        const int width = 100_000;
        using var model = TestModel.Open(OnnxGraph.Identity(TensorDatatype.Fp64, -1, -1), new ModelConfig { MaxBatchSize = 65_536 });
        var x = Tensor.Create<double>("x", [2, width], [.. Enumerable.Range(0, 2 * width).Select(number => (double)number)]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Same(x, model.Run(x)[0]);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L * 1024 * 1024);
    }

    [Fact]
    public void A_large_output_row_runs_also_where_a_full_batch_of_it_would_not_fit_into_memory()
    {
        const int width = 100_000;
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<double>("ones", [1, width], [.. Enumerable.Repeat(1.0, width)]))
            .Input("x", TensorDatatype.Fp64, -1, 1)
            .Node("MatMul", ["x", "ones"], ["y"])
            .Output("y", TensorDatatype.Fp64, -1, width);
        using var model = TestModel.Open(graph, new ModelConfig { MaxBatchSize = 65_536 });

        var y = model.Run(Tensor.Create<double>("x", [2, 1], [3, 4]))[0];

        Assert.Equal([2, width], y.Shape);
        Assert.Equal((3.0, 4.0), (y.AsSpan<double>()[width - 1], y.AsSpan<double>()[width]));
    }

    [Fact]
    public void Buffers_that_grow_under_a_binding_leave_no_stale_one_behind()
    {
        using var model = TestModel.Open(OnnxGraph.Identity(TensorDatatype.Fp32, -1, -1), new ModelConfig { MaxBatchSize = 65_536 });

        var first = 0;
        foreach (var (rows, width) in new[] { (1, 4), (3, 4), (1, 4), (60_000, 4), (3, 4), (2, 200_000), (1, 4), (3, 4) })
        {
            // Other values each time: memory that a stale binding reads may still hold those of the last run of its shape.
            first += 1_000_000;
            var x = Tensor.Create<float>("x", [rows, width], [.. Enumerable.Range(first, rows * width).Select(number => (float)number)]);
            Same(x, model.Run(x)[0]);
        }
    }

    [Fact]
    public void What_is_kept_of_shapes_that_callers_choose_is_bounded()
    {
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, -1, -1)
            .Node("Neg", ["x"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1, -1);
        using var model = TestModel.Open(graph);

        for (var width = 1; width <= 600; width++)
        {
            var values = new float[width];
            Array.Fill(values, width);
            Assert.Equal(-width, Floats(model.Run(Tensor.Create<float>("x", [1, width], values)))[^1]);
            Assert.InRange(model.Predictor.Bindings, 1, 257);
        }
    }

    /// <summary>Drops the rows that hold a negative number, of which the probe has none: nobody can tell whose the others are.</summary>
    [Fact]
    public void A_batch_that_gives_another_number_of_rows_than_it_has_gives_nobody_anything()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("zero", [], [0]))
            .Constant(Tensor.Create<float>("ones", [2, 1], [1, 1]))
            .Constant(Tensor.Create<long>("flat", [1], [-1]))
            .Input("x", TensorDatatype.Fp32, -1, 2)
            .Input("unused", TensorDatatype.Fp32, -1, -1)
            .Node("MatMul", ["x", "ones"], ["sums"])
            .Node("Reshape", ["sums", "flat"], ["sum"])
            .Node("GreaterOrEqual", ["sum", "zero"], ["keep"])
            .Node("Concat", ["x", "unused"], ["wide"], ("axis", 1))
            .Node("Compress", ["wide", "keep"], ["y"], ("axis", 0))
            .Output("y", TensorDatatype.Fp32, -1, -1);
        using var model = TestModel.Open(graph);
        Assert.True(model.Version.IsBatchable);
        var unused = Tensor.Create<float>("unused", [3, 1], [7, 8, 9]);
        Assert.Equal([1, 2, 7, 3, 4, 8, 5, 6, 9], Floats(model.Run(Tensor.Create<float>("x", [3, 2], [1, 2, 3, 4, 5, 6]), unused)));

        var fault = Assert.Throws<OutputMismatchException>(() => model.Run(Tensor.Create<float>("x", [3, 2], [1, 2, -3, -4, 5, 6]), unused));

        Assert.Equal("output 'y': shape [2,3] for a batch of 3 rows, expected 3 first", fault.Message);
    }

    [Fact]
    public void A_run_that_fails_leaves_the_session_as_it_was()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [2], [5, 6]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("Gather", ["data", "x"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1);
        using var model = TestModel.Open(graph);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([6, 5], Floats(model.Run(Tensor.Create<long>("x", [2], [1, 0]))));
            Assert.Throws<OnnxRuntimeException>(() => model.Run(Tensor.Create<long>("x", [2], [0, 2])));
        }
    }

    /// <summary>A session that is freed under its run ends the process.</summary>
    [Fact]
    public async Task A_predictor_that_is_disposed_of_stops_its_run_and_frees_the_session_behind_it()
    {
        var time = new RunSignal();
        using var model = TestModel.Open(OnnxGraph.Turning().Open(), new ModelConfig(), time: time);
        var endless = model.Job(Tensor.Create<long>("x", [1], [long.MaxValue]));

        var run = Task.Run(() => model.Run([endless]), TestContext.Current.CancellationToken);
        await time.Begun;
        model.Predictor.Dispose();

        await Assert.ThrowsAsync<RunStoppedException>(() => run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Throws<RunStoppedException>(() => model.Run(Tensor.Create<long>("x", [1], [1])));
        Assert.Throws<RunStoppedException>(model.Predictor.Reopen);
        model.Predictor.Dispose();
    }

    [Fact]
    public void A_session_that_could_not_be_opened_anew_is_not_run()
    {
        var isThere = false;
        using var model = TestModel.Open(Double().Open(), new ModelConfig(), () => isThere ? Double().Open() : OnnxGraph.Open([1, 2, 3]));

        Assert.Throws<OnnxRuntimeException>(model.Predictor.Reopen);
        Assert.Throws<InvalidOperationException>(() => model.Run(Rows(1, 1)));
        isThere = true;
        model.Predictor.Reopen();

        Assert.Equal([2, 4], Floats(model.Run(Rows(1, 1))));
    }

    [Fact]
    public void A_numeric_run_whose_binding_is_there_allocates_next_to_nothing()
    {
        using var model = TestModel.Open(Double());
        var jobs = Enumerable.Range(0, 40).Select(_ => model.Job(Rows(0, 4))).ToArray();
        model.Run(jobs[..20]);
        var batches = jobs[20..].Select(job => new Batch(job.Key, [new BatchSlice(job, 0, 4)])).ToArray();

        model.Predictor.Run(batches[0]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var batch in batches[1..])
        {
            model.Predictor.Run(batch);
        }

        // What a job's own outputs take, its two arrays and their bookkeeping, and the library's handles of what the run gave.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / (batches.Length - 1), 0, 640);
    }

    private static OnnxGraph Double() => new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, -1, 2)
        .Node("Add", ["x", "x"], ["twice"])
        .Node("Mul", ["twice", "x"], ["square"])
        .Output("twice", TensorDatatype.Fp32, -1, 2)
        .Output("square", TensorDatatype.Fp32, -1, 2);

    private static Tensor Rows(int first, int rows) =>
        Tensor.Create<float>("x", [rows, 2], [.. Enumerable.Range(first, 2 * rows).Select(number => (float)number)]);

    private static float[] Floats(IReadOnlyList<Tensor> outputs) => outputs[0].AsSpan<float>().ToArray();

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.Datatype, actual.Datatype);
        Assert.True(expected.Data.Span.SequenceEqual(actual.Data.Span), "the elements differ");
    }
}
