using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Intake;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class JobValidatorTests
{
    private static readonly ModelVersion s_model = Model(
        [new("image", TensorDatatype.Fp32, [-1, 2, 2]), new("mask", TensorDatatype.Bool, [-1, 4])],
        [new("scores", TensorDatatype.Fp32, [-1, 10]), new("hidden", TensorDatatype.Fp32, [-1, 8])]);

    [Fact]
    public void A_job_is_admitted_with_its_inputs_in_the_graph_s_order()
    {
        var admission = Admit(s_model, [Mask(3), Image(3)]);

        Assert.Equal(["image", "mask"], admission.Inputs.Select(input => input.Name));
        Assert.Equal(3, admission.Rows);
        Assert.Equal([0, 1], admission.Selection);
        Assert.Equal([[2, 2], [4]], admission.Key.RowShapes);
    }

    [Fact]
    public void The_outputs_asked_for_are_given_in_the_order_asked()
    {
        Assert.Equal([1], Admit(s_model, [Image(1), Mask(1)], "hidden").Selection);
        Assert.Equal([1, 0], Admit(s_model, [Image(1), Mask(1)], "hidden", "scores").Selection);
    }

    [Fact]
    public void Jobs_that_differ_only_in_rows_share_a_key()
    {
        Assert.Equal(Admit(s_model, [Image(1), Mask(1)]).Key, Admit(s_model, [Image(7), Mask(7)]).Key);
    }

    [Fact]
    public void A_model_that_is_not_batchable_takes_a_job_whole()
    {
        var model = s_model with { IsBatchable = false, MaxBatchSize = 1 };

        var admission = Admit(model, [Image(3), Mask(5)]);

        Assert.Equal(1, admission.Rows);
        Assert.Equal([[3, 2, 2], [5, 4]], admission.Key.RowShapes);
    }

    /// <summary>[rows, 10] and [rows, 8] floats; a job of few bytes may ask for any number of them.</summary>
    [Fact]
    public void A_job_whose_outputs_are_known_to_be_too_large_for_its_row_is_refused_before_it_runs()
    {
        var model = s_model with { MaxOutputBytes = 720 };
        Admit(model, [Image(10), Mask(10)]);
        Refuses(
            model, [Image(11), Mask(11)], ErrorCode.ShapeTooLarge,
            "11 row(s): their outputs take 792 bytes, expected at most 720 (Limits:MaxOutputBytes); send fewer rows a job, or ask for fewer outputs");
        Admit(model, [Image(18), Mask(18)], "scores");
        Refuses(
            model, [Image(19), Mask(19)], ErrorCode.ShapeTooLarge,
            "19 row(s): their outputs take 760 bytes, expected at most 720 (Limits:MaxOutputBytes); send fewer rows a job, or ask for fewer outputs",
            ["scores"]);

        var huge = Model(model.Signature.Inputs.ToArray(), [new("y", TensorDatatype.Fp64, [-1, long.MaxValue / 16])]);
        Refuses(
            huge, [Image(3), Mask(3)], ErrorCode.ShapeTooLarge,
            "3 row(s): their outputs take 13835058055282163688 bytes, expected at most 8388608 (Limits:MaxOutputBytes); send fewer rows a job, or ask for fewer outputs");
    }

    [Fact]
    public void A_label_counts_as_the_scores_that_it_is_picked_from_and_an_open_shape_as_nothing()
    {
        var model = s_model with
        {
            MaxOutputBytes = 39,
            Outputs = [.. s_model.Outputs, new("label", TensorDatatype.Bytes, [-1, 1]), new("score", TensorDatatype.Fp32, [-1, 1])],
            Labels = [new LabelSpec(0, [], 1, 2, 3)],
        };

        Assert.Equal((UInt128)40, model.KnownOutputBytes([2, 3], 1));
        Assert.Equal((UInt128)0, Model([], [new("open", TensorDatatype.Fp32, [-1, -1])]).KnownOutputBytes([0], 1000));
    }

    [Fact]
    public void An_input_the_model_lacks_is_refused_with_those_it_has() => Refuses(
        s_model, [Image(1), Mask(1), Image(1) with { Name = "extra" }],
        ErrorCode.InputUnexpected, "input 'extra': the model has no such input, expected 'image', 'mask'");

    [Fact]
    public void An_input_given_twice_is_refused() => Refuses(
        s_model, [Image(1), Image(1), Mask(1)], ErrorCode.InputUnexpected, "input 'image': given twice, expected once");

    [Fact]
    public void A_missing_input_is_named_with_what_it_should_be()
    {
        Refuses(s_model, [Image(1)], ErrorCode.InputMissing, "input 'mask': missing, expected BOOL [-1,4]");
        Refuses(s_model, [], ErrorCode.InputMissing, "input 'image': missing, expected FP32 [-1,2,2]");
    }

    [Fact]
    public void Another_datatype_is_refused() => Refuses(
        s_model, [Tensor.Create<double>("image", [1, 2, 2], new double[4]), Mask(1)],
        ErrorCode.DatatypeMismatch, "input 'image': datatype FP64, expected FP32");

    [Theory]
    [InlineData(new long[] { 1, 4 }, "input 'image': shape [1,4], expected [-1,2,2] (-1 is any)")]
    [InlineData(new long[] { 1, 2, 3 }, "input 'image': shape [1,2,3], expected [-1,2,2] (-1 is any)")]
    [InlineData(new long[] { 4 }, "input 'image': shape [4], expected [-1,2,2] (-1 is any)")]
    [InlineData(new long[] { }, "input 'image': shape [], expected [-1,2,2] (-1 is any)")]
    public void Another_shape_is_refused(long[] shape, string message)
    {
        var count = (int)shape.Aggregate(1L, (product, dimension) => product * dimension);
        Refuses(s_model, [Tensor.Create<float>("image", shape, new float[count]), Mask(1)], ErrorCode.ShapeMismatch, message);
    }

    [Fact]
    public void Inputs_of_different_numbers_of_rows_are_refused() => Refuses(
        s_model, [Image(2), Mask(3)], ErrorCode.ShapeMismatch, "inputs 'image' and 'mask': 2 and 3 rows, expected the same number");

    [Fact]
    public void A_job_without_rows_is_refused() => Refuses(
        s_model, [Image(0), Mask(0)], ErrorCode.BatchEmpty, "input 'image': shape [0,2,2] has no rows, expected 1 or more");

    [Fact]
    public void A_job_of_too_many_rows_is_refused()
    {
        Assert.NotNull(JobValidator.Validate(Job([Image(5), Mask(5)]), s_model, maxRows: 5).Admission);
        Refuses(
            s_model, [Image(6), Mask(6)], ErrorCode.ShapeTooLarge, "input 'image': 6 rows, expected at most 5 (Limits:MaxRows)", maxRows: 5);
    }

    [Fact]
    public void A_shape_over_the_model_s_own_limit_is_refused()
    {
        var model = s_model with { MaxElements = 8 };

        Assert.NotNull(JobValidator.Validate(Job([Image(2), Mask(2)]), model, maxRows: 100).Admission);
        Refuses(
            model, [Image(3), Mask(3)],
            ErrorCode.ShapeTooLarge, "input 'image': shape [3,2,2] has 12 elements, expected at most 8 (the model's max_elements)");
    }

    [Fact]
    public void An_output_the_model_lacks_is_refused_with_those_it_has() => Refuses(
        s_model, [Image(1), Mask(1)], ErrorCode.OutputUnknown, "outputs[1]: the model has no output 'logits', expected some of 'scores', 'hidden'",
        outputs: ["scores", "logits"]);

    [Fact]
    public void An_output_asked_for_twice_is_refused() => Refuses(
        s_model, [Image(1), Mask(1)], ErrorCode.OutputUnknown, "outputs[1]: 'scores' is asked for twice, expected once",
        outputs: ["scores", "scores"]);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_finite_is_refused_where_the_model_says_so(double value)
    {
        const string message = "input 'x': element 2 is not finite, the model takes finite values only";

        Refuses(Finite(TensorDatatype.Fp16), [Tensor.Create<Half>("x", [1, 3], [Half.Zero, Half.MaxValue, (Half)value])], ErrorCode.ValueNotFinite, message);
        Refuses(Finite(TensorDatatype.Fp32), [Tensor.Create<float>("x", [1, 3], [0, float.MaxValue, (float)value])], ErrorCode.ValueNotFinite, message);
        Refuses(Finite(TensorDatatype.Fp64), [Tensor.Create("x", [1, 3], [0, double.MaxValue, value])], ErrorCode.ValueNotFinite, message);
        Admit(s_model, [Tensor.Create<float>("image", [1, 2, 2], [0, 1, 2, (float)value]), Mask(1)]);
    }

    [Fact]
    public void Huge_values_are_finite_however_many_there_are()
    {
        Admit(Finite(TensorDatatype.Fp16), [Tensor.Create<Half>("x", [1, 3], [Half.MaxValue, Half.MinValue, Half.MaxValue])]);
        Admit(Finite(TensorDatatype.Fp32), [Tensor.Create<float>("x", [1, 3], [float.MaxValue, float.MaxValue, float.MinValue])]);
        Admit(Finite(TensorDatatype.Fp64), [Tensor.Create<double>("x", [1, 3], [double.MaxValue, double.MaxValue, double.MinValue])]);
        Admit(Finite(TensorDatatype.Int64), [Tensor.Create<long>("x", [1, 3], [long.MaxValue, long.MinValue, -1])]);
    }

    private static ModelVersion Model(TensorSpec[] inputs, TensorSpec[] outputs) => new()
    {
        Name = "m",
        Version = "1",
        Signature = new ModelSignature(inputs, outputs),
        Outputs = outputs,
        Labels = [],
        Scales = new double?[inputs.Length],
        IsBatchable = true,
        MaxBatchSize = 8,
        MaxQueueDelay = TimeSpan.Zero,
        RunTimeout = TimeSpan.FromMinutes(5),
        Buckets = [],
        RequireFinite = false,
        MaxElements = null,
    };

    private static ModelVersion Finite(TensorDatatype datatype) =>
        Model([new("x", datatype, [-1, 3])], [new("y", datatype, [-1, 3])]) with { RequireFinite = true };

    private static Tensor Image(int rows) => Tensor.Create<float>("image", [rows, 2, 2], new float[rows * 4]);

    private static Tensor Mask(int rows) => Tensor.Create<bool>("mask", [rows, 4], new bool[rows * 4]);

    private static PredictionJob Job(Tensor[] inputs, params string[] outputs) =>
        new() { Inputs = inputs, Outputs = [.. outputs.Select(name => new RequestedOutput { Name = name })] };

    private static Admission Admit(ModelVersion model, Tensor[] inputs, params string[] outputs)
    {
        var validation = JobValidator.Validate(Job(inputs, outputs), model, maxRows: 100);
        Assert.Null(validation.Rejection);
        return validation.Admission!.Value;
    }

    private static void Refuses(
        ModelVersion model, Tensor[] inputs, string code, string message, string[]? outputs = null, int maxRows = 100)
    {
        var validation = JobValidator.Validate(Job(inputs, outputs ?? []), model, maxRows);
        Assert.Null(validation.Admission);
        Assert.Equal(message, validation.Rejection!.Error);
        Assert.Equal(code, validation.Rejection.Code);
        Assert.Equal(JobStatus.Rejected, validation.Rejection.Status);
    }
}
