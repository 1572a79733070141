namespace Millrace.Bench.Reporting;

/// <summary>The part of a page between two comments, which a program writes.</summary>
internal static class PageSection
{
    /// <summary>The page with another content between <c>&lt;!-- bench:NAME --&gt;</c> and <c>&lt;!-- /bench:NAME --&gt;</c>.</summary>
    /// <exception cref="BenchException">The page does not have both, once each and in this order.</exception>
    public static string Replace(string page, string name, string content)
    {
        var (begin, end) = ($"<!-- bench:{name} -->", $"<!-- /bench:{name} -->");
        var from = Find(page, begin) + begin.Length;
        var to = Find(page, end);
        return to >= from
            ? $"{page[..from]}\n{content.TrimEnd()}\n{page[to..]}"
            : throw new BenchException($"'{end}' stands before '{begin}' in the page.");
    }

    private static int Find(string page, string mark)
    {
        var at = page.IndexOf(mark, StringComparison.Ordinal);
        return at >= 0 && at == page.LastIndexOf(mark, StringComparison.Ordinal)
            ? at
            : throw new BenchException($"The page must have '{mark}' exactly once.");
    }
}
