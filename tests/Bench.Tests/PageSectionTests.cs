using Millrace.Bench.Reporting;

namespace Millrace.Bench.Tests;

public sealed class PageSectionTests
{
    private const string Page = "before\n<!-- bench:full -->\nold\n<!-- /bench:full -->\nbetween\n<!-- bench:quick -->\n<!-- /bench:quick -->\nafter\n";

    [Fact]
    public void Only_what_stands_between_the_marks_changes()
    {
        var page = PageSection.Replace(Page, "full", "new\ntable\n\n");
        Assert.Equal(Page.Replace("old", "new\ntable", StringComparison.Ordinal), page);
        Assert.Equal(page, PageSection.Replace(page, "full", "new\ntable"));
    }

    [Fact]
    public void An_empty_section_takes_content() => Assert.Contains(
        "<!-- bench:quick -->\nfirst\n<!-- /bench:quick -->\nafter", PageSection.Replace(Page, "quick", "first"), StringComparison.Ordinal);

    [Theory]
    [InlineData("no mark")]
    [InlineData("<!-- bench:full -->")]
    [InlineData("<!-- /bench:full --> <!-- bench:full -->")]
    [InlineData("<!-- bench:full --> <!-- bench:full --> <!-- /bench:full -->")]
    public void A_page_without_both_marks_in_order_is_refused(string page) =>
        Assert.Throws<BenchException>(() => PageSection.Replace(page, "full", "new"));

    [Theory]
    [InlineData("full")]
    [InlineData("quick")]
    public void The_page_of_the_repository_has_the_marks(string form) =>
        PageSection.Replace(File.ReadAllText(Repository.PerformancePage), form, "new");
}
