using System.Text;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class ModelVersionFactoryTests
{
    private static readonly ModelSignature s_open = new(
        [new("x", TensorDatatype.Fp32, [-1, 4]), new("n", TensorDatatype.Int64, [-1])], [new("y", TensorDatatype.Fp32, [-1, 3])]);

    private static readonly ModelSignature s_fixed = new([new("x", TensorDatatype.Fp32, [2, 4])], [new("y", TensorDatatype.Fp32, [2, 3])]);

    [Fact]
    public void A_model_that_is_proven_batchable_gets_64_rows_a_batch_where_nothing_is_said()
    {
        var model = Create(new ModelConfig(), s_open, batchGivesSingles: true);

        Assert.True(model.IsBatchable);
        Assert.Equal(64, model.MaxBatchSize);
    }

    [Fact]
    public void Its_batches_are_as_large_as_the_config_or_the_largest_bucket_says()
    {
        Assert.Equal(8, Create(new ModelConfig { MaxBatchSize = 8 }, s_open, true).MaxBatchSize);
        Assert.Equal(16, Create(new ModelConfig { Buckets = [4, 16] }, s_open, true).MaxBatchSize);
    }

    [Fact]
    public void A_model_that_is_proven_batchable_runs_row_by_row_where_the_config_wants_it()
    {
        var model = Create(new ModelConfig { MaxBatchSize = 1 }, s_open, true);

        Assert.True(model.IsBatchable);
        Assert.Equal(1, model.MaxBatchSize);
    }

    /// <summary>One job a run, with the rows that it brings, is always what the graph's author meant.</summary>
    [Theory]
    [InlineData(null, null)]
    [InlineData(1, null)]
    [InlineData(null, false)]
    [InlineData(1, false)]
    public void A_model_whose_batches_are_not_known_to_give_singles_takes_jobs_whole(int? maxBatchSize, bool? batchGivesSingles)
    {
        var model = Create(new ModelConfig { MaxBatchSize = maxBatchSize }, s_open, batchGivesSingles);

        Assert.False(model.IsBatchable);
        Assert.Equal(1, model.MaxBatchSize);
    }

    [Fact]
    public void What_cannot_be_tried_is_batched_where_the_config_vouches_for_it()
    {
        var model = Create(new ModelConfig { MaxBatchSize = 8, Buckets = [2, 8] }, s_open, batchGivesSingles: null);

        Assert.True(model.IsBatchable);
        Assert.Equal(8, model.MaxBatchSize);
        Assert.Equal([2, 8], model.Buckets);
    }

    [Fact]
    public void Batches_that_give_other_values_are_refused_even_where_the_config_wants_them() => Problems(
        new ModelConfig { MaxBatchSize = 8 }, s_open, batchGivesSingles: false,
        "max_batch_size is 8, but a batch gives other values than single runs do; expected max_batch_size 1");

    [Fact]
    public void A_graph_without_a_batch_dimension_takes_one_job_a_run()
    {
        var model = Create(new ModelConfig { Buckets = [4] }, s_fixed, null);

        Assert.False(model.IsBatchable);
        Assert.Equal(1, model.MaxBatchSize);
        Assert.Empty(model.Buckets);
        Problems(
            new ModelConfig { MaxBatchSize = 8 }, s_fixed, null,
            "max_batch_size is 8, but the graph has no batch dimension (an open first dimension of every input and output); expected 1");
    }

    [Theory]
    [InlineData(new long[] { -1, 4 }, new long[] { }, false)]
    [InlineData(new long[] { 4 }, new long[] { -1 }, false)]
    [InlineData(new long[] { -1 }, new long[] { -1, 2 }, true)]
    public void A_batch_dimension_is_the_open_first_one_of_every_input_and_output(long[] input, long[] output, bool expected) =>
        Assert.Equal(
            expected,
            new ModelSignature([new("x", TensorDatatype.Fp32, input)], [new("y", TensorDatatype.Fp32, output)]).HasBatchDimension);

    [Fact]
    public void A_graph_without_inputs_has_no_batch_dimension() =>
        Assert.False(new ModelSignature([], [new("y", TensorDatatype.Fp32, [-1])]).HasBatchDimension);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 8)]
    [InlineData(8, 8)]
    public void A_batch_is_padded_to_the_next_bucket(int rows, int padded) =>
        Assert.Equal(padded, Create(new ModelConfig { Buckets = [2, 8] }, s_open, true).PaddedRows(rows));

    [Fact]
    public void Scales_belong_to_float_inputs_that_are_there()
    {
        Assert.Equal([0.5, null], Create(new ModelConfig { Scale = Scale("x", 0.5) }, s_open, true).Scales);
        Problems(
            new ModelConfig { Scale = Scale("n", 2), Columns = Names("z", "a") }, s_open, true,
            "scale or columns: the model has no input 'z'; it has 'x', 'n'",
            "scale.n: only FP16, FP32 and FP64 inputs can be scaled, this one is INT64");
    }

    [Theory]
    [InlineData(new int[0], 8, 4)]
    [InlineData(new int[0], 7, 3)]
    [InlineData(new int[0], 1, 0)]
    [InlineData(new[] { 2, 8, 32 }, 32, 8)]
    [InlineData(new[] { 2, 8, 32 }, 9, 8)]
    [InlineData(new[] { 2, 8, 32 }, 5, 2)]
    [InlineData(new[] { 2, 8, 32 }, 1, 0)]
    public void A_batch_that_was_too_large_is_followed_by_one_of_at_most_half_the_rows_that_are_run(int[] buckets, int rows, int half) =>
        Assert.Equal(half, Create(new ModelConfig { Buckets = buckets, MaxBatchSize = 32 }, s_open, true).HalfBatch(rows));

    [Fact]
    public void Labels_add_two_outputs()
    {
        var model = Create(new ModelConfig { Labels = Names("y", "a", "b", "é"), TopK = 2 }, s_open, true);

        Assert.Equal(["y", "label", "score"], model.Outputs.Select(output => output.Name));
        Assert.Equal([TensorDatatype.Fp32, TensorDatatype.Bytes, TensorDatatype.Fp32], model.Outputs.Select(output => output.Datatype));
        Assert.Equal([-1, 2], model.Outputs[1].Shape);
        var label = Assert.Single(model.Labels);
        Assert.Equal((0, 2, 1, 2), (label.Output, label.TopK, label.LabelOutput, label.ScoreOutput));
        Assert.Equal(["a", "b", "é"], label.Names.Select(Encoding.UTF8.GetString));
        Assert.Single(model.Signature.Outputs);
    }

    [Fact]
    public void Labels_of_several_outputs_are_named_for_them()
    {
        var signature = s_open with { Outputs = [new("y", TensorDatatype.Fp32, [-1, 1]), new("z", TensorDatatype.Fp64, [-1, -1])] };
        var config = new ModelConfig { Labels = new Dictionary<string, IReadOnlyList<string>> { ["y"] = ["a"], ["z"] = ["b"] } };

        Assert.Equal(["y", "z", "y_label", "y_score", "z_label", "z_score"], Create(config, signature, true).Outputs.Select(output => output.Name));
    }

    [Fact]
    public void A_graph_that_has_an_output_called_label_keeps_it()
    {
        var signature = s_open with { Outputs = [new("y", TensorDatatype.Fp32, [-1, 1]), new("label", TensorDatatype.Int64, [-1])] };

        Assert.Equal(
            ["y", "label", "y_label", "y_score"],
            Create(new ModelConfig { Labels = Names("y", "a") }, signature, true).Outputs.Select(output => output.Name));
    }

    [Fact]
    public void Labels_that_do_not_fit_their_output_are_told_all_at_once()
    {
        var signature = s_open with { Outputs = [new("y", TensorDatatype.Fp32, [-1, 3]), new("i", TensorDatatype.Int64, [-1, 3]), new("v", TensorDatatype.Fp32, [-1])] };
        var config = new ModelConfig
        {
            TopK = 2,
            Labels = new Dictionary<string, IReadOnlyList<string>> { ["none"] = ["a"], ["y"] = ["a", "b"], ["i"] = ["a", "b", "c"], ["v"] = ["a"] },
        };

        Problems(
            config, signature, true,
            "labels.none: the model has no such output; it has 'y', 'i', 'v'",
            "labels.y: expected 3 labels, found 2",
            "labels.i: expected an output of floats [rows, classes], this one is INT64 [-1,3]",
            "labels.v: expected an output of floats [rows, classes], this one is FP32 [-1]");
        Problems(
            new ModelConfig { TopK = 4, Labels = Names("y", "a", "b", "c") }, s_open, true, "top_k: expected at most the 3 labels of 'y', found 4");
    }

    /// <summary>Each of the model's jobs would fail for them.</summary>
    [Fact]
    public void Labels_and_names_that_can_be_neither_stored_nor_sent_are_told_at_load()
    {
        const string reason = "holds U+0000 or half a surrogate pair, which can be neither stored nor sent";

        Problems(new ModelConfig { Labels = Names("y", "a", "b\0", "c") }, s_open, true, $"labels.y: label 1 {reason}");
        Problems(new ModelConfig { Labels = Names("y", "a", "b", "\ud83d") }, s_open, true, $"labels.y: label 2 {reason}");
        Problems(
            new ModelConfig(), s_open with { Outputs = [new("y\0", TensorDatatype.Fp32, [-1, 3])] }, true, $"the name of output 'y\ufffd' {reason}");
    }

    private static Dictionary<string, double> Scale(string name, double scale) => new() { [name] = scale };

    private static Dictionary<string, IReadOnlyList<string>> Names(string name, params string[] names) => new() { [name] = names };

    private static ModelVersion Create(ModelConfig config, ModelSignature signature, bool? batchGivesSingles)
    {
        var problems = new List<string>();
        var model = ModelVersionFactory.Create("m", "3", config, signature, batchGivesSingles, problems.Add);
        Assert.Empty(problems);
        Assert.Equal("3", model.Version);
        return model;
    }

    private static void Problems(ModelConfig config, ModelSignature signature, bool? batchGivesSingles, params string[] expected)
    {
        var problems = new List<string>();
        ModelVersionFactory.Create("m", "1", config, signature, batchGivesSingles, problems.Add);
        Assert.Equal(expected, problems);
    }
}
