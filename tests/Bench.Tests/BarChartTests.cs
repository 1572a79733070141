using System.Xml.Linq;
using Millrace.Bench.Reporting;

namespace Millrace.Bench.Tests;

public sealed class BarChartTests
{
    [Fact]
    public void Is_well_formed_and_as_long_as_the_values_say()
    {
        var chart = new BarChart("a < b & c", ["one", "two"], [new Bar("group", []), new Bar("x", [(30, 0), (10, 1)]), new Bar("y", [(20, 0)])]);
        var bars = XDocument.Parse(chart.ToSvg()).Root!.Elements().Where(element => (string?)element.Attribute("height") == "15").ToList();
        var widths = bars.ConvertAll(bar => (double)bar.Attribute("width")!);
        Assert.Equal(3, widths.Count);
        Assert.Equal(3, widths[0] / widths[1], 2);
        Assert.Equal(1.5, widths[0] / widths[2], 2);
    }
}
