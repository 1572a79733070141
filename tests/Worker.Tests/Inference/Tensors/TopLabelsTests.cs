using System.Text;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Tensors;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Tensors;

public sealed class TopLabelsTests
{
    [Fact]
    public void Each_row_gets_its_best_classes_best_first() =>
        Expect([2, 3], [1, 3, 2, 9, 7, 8], topK: 2, ["b", "c", "a", "c"], [3, 2, 9, 8]);

    [Fact]
    public void Equal_scores_come_in_the_classes_order() => Expect([1, 3], [1, 1, 1], topK: 3, ["a", "b", "c"], [1, 1, 1]);

    [Fact]
    public void NaN_comes_last() =>
        Expect([1, 3], [float.NaN, float.NegativeInfinity, 5], topK: 3, ["c", "b", "a"], [5, float.NegativeInfinity, float.NaN]);

    [Fact]
    public void NaN_alone_is_still_an_answer() => Expect([1, 3], [float.NaN, float.NaN, float.NaN], topK: 2, ["a", "b"], [float.NaN, float.NaN]);

    [Fact]
    public void Infinities_are_scores_like_others() => Expect(
        [1, 3], [float.NegativeInfinity, float.PositiveInfinity, float.NegativeInfinity], topK: 3,
        ["b", "a", "c"], [float.PositiveInfinity, float.NegativeInfinity, float.NegativeInfinity]);

    [Fact]
    public void Scores_of_every_float_type_are_FP32()
    {
        Check(Tensor.Create<Half>("y", [1, 3], [(Half)1, (Half)3, (Half)2]), 1, ["b"], [3]);
        Check(Tensor.Create<double>("y", [1, 3], [1, 2, 1e300]), 1, ["c"], [float.PositiveInfinity]);
    }

    [Fact]
    public void Classes_without_a_name_are_not_ranked() => Expect([1, 5], [1, 2, 3, 99, 98], topK: 1, ["c"], [3]);

    [Fact]
    public void Fewer_classes_than_names_give_fewer_labels() => Expect([2, 1], [7, 8], topK: 3, ["a", "a"], [7, 8], k: 1);

    [Fact]
    public void More_classes_than_fit_the_stack_are_ranked_too()
    {
        var scores = new float[5_000];
        scores[4_321] = 1;
        var names = Enumerable.Range(0, 5_000).Select(number => Encoding.UTF8.GetBytes($"c{number}")).ToArray();

        var best = new TopLabels(new LabelSpec(0, names, 1, 1, 2), Tensor.Create<float>("y", [1, 5_000], scores));

        Assert.Equal(["c4321"], best.ToLabels("label").ToStrings());
    }

    private static void Expect(long[] shape, float[] scores, int topK, string[] labels, float[] values, int? k = null) =>
        Check(Tensor.Create<float>("y", shape, scores), topK, labels, values, k);

    private static void Check(Tensor scores, int topK, string[] labels, float[] values, int? k = null)
    {
        var spec = new LabelSpec(0, [.. new[] { "a", "b", "c" }.Select(Encoding.UTF8.GetBytes)], topK, 1, 2);

        var best = new TopLabels(spec, scores);
        var (found, foundScores) = (best.ToLabels("label"), best.ToScores("score"));

        Assert.Equal(labels, found.ToStrings());
        Assert.Equal(values, foundScores.AsSpan<float>().ToArray());
        Assert.Equal([scores.Shape[0], k ?? topK], found.Shape);
        Assert.Equal(found.Shape, foundScores.Shape);
        Assert.Equal(("label", "score"), (found.Name, foundScores.Name));
    }
}
