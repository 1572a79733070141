namespace Millrace.Worker.Batching;

/// <summary>
/// Finds what makes a set fail, by binary search: one half is run, and what that says of the other half need not be run for. A half that
/// runs clears itself and leaves the culprit in the other one; a half that fails has it, and puts the other one aside. Pure.
/// </summary>
internal static class Bisection
{
    /// <summary>Searches a set that has failed. It takes log2 of its size runs, rounded up; with one for what is left, one more.</summary>
    /// <param name="suspects">The set, not empty.</param>
    /// <param name="tryRun">Runs some of them; what ran is done with.</param>
    public static Verdict<T> Find<T>(IReadOnlyList<T> suspects, Func<IReadOnlyList<T>, bool> tryRun)
    {
        var rest = new List<T>();
        var failedAlone = suspects.Count == 1;
        while (suspects.Count > 1)
        {
            var half = suspects.Count / 2;
            T[] first = [.. suspects.Take(half)];
            T[] second = [.. suspects.Skip(half)];
            if (tryRun(first))
            {
                suspects = second;
                failedAlone = false;
            }
            else
            {
                rest.InsertRange(0, second);
                suspects = first;
                failedAlone = first.Length == 1;
            }
        }

        return new Verdict<T>(suspects[0], failedAlone, rest);
    }
}
