using FsCheck;
using FsCheck.Fluent;
using Millrace.Worker.Batching;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

public sealed class BisectionTests
{
    private static Arbitrary<(int Count, int Culprit)> Sets =>
        Gen.Choose(1, 300).SelectMany(count => Gen.Choose(0, count - 1).Select(culprit => (count, culprit))).ToArbitrary();

    [Fact]
    public void Finds_the_one_culprit_in_log2_n_runs_and_leaves_at_most_one_run_for_the_rest() => Prop.ForAll(Sets, set =>
    {
        var ran = new List<int>();
        var runs = 0;
        var verdict = Bisection.Find(Enumerable.Range(0, set.Count).ToArray(), some =>
        {
            runs++;
            if (some.Contains(set.Culprit))
            {
                return false;
            }

            ran.AddRange(some);
            return true;
        });

        Assert.Equal(set.Culprit, verdict.Culprit);
        Assert.InRange(runs, 0, (int)Math.Ceiling(Math.Log2(set.Count)));
        // Everybody else has run once or is still to run, in order.
        Assert.Equal(Enumerable.Range(0, set.Count).Where(i => i != set.Culprit), ran.Concat(verdict.Rest).Order());
        Assert.Equal(verdict.Rest.Order(), verdict.Rest);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(2, 0, true)]
    [InlineData(2, 1, false)]
    [InlineData(8, 6, true)]
    [InlineData(8, 7, false)]
    public void Says_whether_the_culprit_was_run_by_itself(int count, int culprit, bool failedAlone) =>
        Assert.Equal(failedAlone, Bisection.Find(Enumerable.Range(0, count).ToArray(), some => !some.Contains(culprit)).FailedAlone);
}
