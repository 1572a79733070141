using System.Runtime.InteropServices;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Jobs;

public sealed class JobOutputsTests
{
    [Fact]
    public void Slices_come_together_in_the_order_of_rows_whichever_ended_first()
    {
        var outputs = Model().Gather([0, 1], rows: 5);

        Add(outputs, firstRow: 3, [30, 31, 40, 41], ["d", "eé"]);
        Assert.False(outputs.Complete(2));
        Add(outputs, firstRow: 0, [0, 1], ["a"]);
        Assert.False(outputs.Complete(1));
        Add(outputs, firstRow: 1, [10, 11, 20, 21], ["", "c"]);
        Assert.True(outputs.Complete(2));

        var tensors = outputs.ToTensors(Model());
        Assert.Equal([5, 2], tensors[0].Shape);
        Assert.Equal([0, 1, 10, 11, 20, 21, 30, 31, 40, 41], tensors[0].AsSpan<int>().ToArray());
        Assert.Equal([5], tensors[1].Shape);
        Assert.Equal(["a", "", "c", "d", "eé"], tensors[1].ToStrings());
    }

    [Fact]
    public void Slices_of_one_job_may_end_on_several_sessions_at_once()
    {
        const int rows = 2_000;
        var outputs = Model().Gather([0, 1], rows);
        var whole = 0;

        Parallel.For(0, rows, row =>
        {
            Add(outputs, row, [row, -row], [$"{row}"]);
            if (outputs.Complete(1))
            {
                Interlocked.Increment(ref whole);
            }
        });

        Assert.Equal(1, whole);
        var tensors = outputs.ToTensors(Model());
        Assert.Equal(Enumerable.Range(0, rows).SelectMany(row => new[] { row, -row }), tensors[0].AsSpan<int>().ToArray());
        Assert.Equal(Enumerable.Range(0, rows).Select(row => $"{row}"), tensors[1].ToStrings());
    }

    [Fact]
    public void What_is_over_the_limit_is_known_by_the_first_row_and_takes_no_memory()
    {
        var outputs = (Model() with { MaxOutputBytes = 1024 }).Gather([0], rows: int.MaxValue);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(outputs.TryAdd(0, 0, [2], new byte[8]));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.Equal($"the outputs of {int.MaxValue} row(s) take {8L * int.MaxValue} bytes or more, expected at most 1024 (Limits:MaxOutputBytes); send fewer rows a job", outputs.Problem);
        Assert.False(outputs.Wants(0));
    }

    [Fact]
    public void Texts_and_numbers_count_together_as_their_rows_come_in()
    {
        var outputs = (Model() with { MaxOutputBytes = 24 + 10 }).Gather([0, 1], rows: 3);

        Add(outputs, 0, [1, 2], ["a"]);
        Add(outputs, 1, [3, 4], ["b"]);
        Assert.Null(outputs.Problem);
        Assert.True(outputs.TryAdd(0, 2, [2], new byte[8]));
        Assert.True(outputs.TryAdd(1, 2, [], Texts("")));

        Assert.NotNull(outputs.Problem);
    }

    [Fact]
    public void Only_what_was_asked_for_is_kept()
    {
        var outputs = Model().Gather([1], rows: 1);

        Assert.False(outputs.Wants(0));
        Assert.True(outputs.Wants(1));
        Assert.True(outputs.TryAdd(1, 0, [], Texts("a")));
        Assert.Equal("t", Assert.Single(outputs.ToTensors(Model())).Name);
    }

    [Fact]
    public void Slices_whose_shapes_differ_are_refused()
    {
        var outputs = Model().Gather([0], rows: 2);

        Assert.True(outputs.TryAdd(0, 0, [2], new byte[8]));
        Assert.False(outputs.TryAdd(0, 1, [3], new byte[12]));
    }

    [Fact]
    public void Rows_without_elements_are_rows_still()
    {
        var outputs = Model().Gather([0], rows: 3);

        Assert.True(outputs.TryAdd(0, 0, [0], []));
        Assert.True(outputs.TryAdd(0, 1, [0], []));

        var tensor = Assert.Single(outputs.ToTensors(Model()));
        Assert.Equal([3, 0], tensor.Shape);
        Assert.Equal(0, tensor.Data.Length);
    }

    [Fact]
    public void A_label_is_made_of_scores_that_the_job_did_not_ask_for()
    {
        var model = Model() with
        {
            Outputs = [.. Model().Outputs, new("label", TensorDatatype.Bytes, [-1, 1]), new("score", TensorDatatype.Fp32, [-1, 1])],
            Labels = [new LabelSpec(2, [[(byte)'n'], [(byte)'y']], 1, 3, 4)],
        };
        var outputs = model.Gather([4, 3], rows: 2);

        Assert.True(outputs.Wants(2));
        Assert.True(outputs.TryAdd(2, 0, [2], MemoryMarshal.AsBytes<float>([0.75f, 0.25f, 0.125f, 0.875f])));

        var tensors = outputs.ToTensors(model);
        Assert.Equal(["score", "label"], tensors.Select(tensor => tensor.Name));
        Assert.Equal([0.75f, 0.875f], tensors[0].AsSpan<float>().ToArray());
        Assert.Equal(["n", "y"], tensors[1].ToStrings());
    }

    private static ModelVersion Model()
    {
        TensorSpec[] specs = [new("i", TensorDatatype.Int32, [-1, -1]), new("t", TensorDatatype.Bytes, [-1]), new("s", TensorDatatype.Fp32, [-1, 2])];
        return new ModelVersion
        {
            Name = "m",
            Version = "1",
            Signature = new ModelSignature([], specs),
            Outputs = specs,
            Labels = [],
            Scales = [],
            IsBatchable = true,
            MaxBatchSize = 8,
            MaxQueueDelay = TimeSpan.Zero,
            RunTimeout = TimeSpan.FromMinutes(5),
            Buckets = [],
            RequireFinite = false,
            MaxElements = null,
        };
    }

    private static void Add(JobOutputs outputs, int firstRow, int[] numbers, string[] texts)
    {
        Assert.True(outputs.TryAdd(0, firstRow, [2], MemoryMarshal.AsBytes<int>(numbers)));
        Assert.True(outputs.TryAdd(1, firstRow, [], Texts(texts)));
    }

    private static ReadOnlySpan<byte> Texts(params string[] texts) => Tensor.Create("t", [texts.Length], texts).Data.Span;
}
