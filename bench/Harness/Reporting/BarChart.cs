using System.Globalization;
using System.Net;
using System.Text;

namespace Millrace.Bench.Reporting;

/// <summary>Horizontal bars of one or more parts, as SVG.</summary>
/// <param name="Title">Above the chart, with the unit.</param>
/// <param name="Legend">The parts' names, by colour.</param>
/// <param name="Bars">From top to bottom: a heading where it has no parts.</param>
internal sealed record BarChart(string Title, IReadOnlyList<string> Legend, IReadOnlyList<Bar> Bars)
{
    private const int Width = 860;
    private const int LabelWidth = 190;
    private const int ValueWidth = 90;
    private const int LineHeight = 22;
    private const int BarHeight = 15;

    // Told apart also by who sees no red or green (Okabe and Ito, https://jfly.uni-koeln.de/color/).
    private static readonly string[] s_colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];

    public string ToSvg()
    {
        var top = 3 * LineHeight;
        var height = top + (Bars.Count * LineHeight) + (LineHeight / 2);
        var scales = Scales();
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" font-family="sans-serif" font-size="13">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""");
        Text(svg, 10, LineHeight, Title, """font-weight="bold" font-size="15" """);
        for (var (i, x) = (0, 10); i < Legend.Count; x += 40 + (Legend[i].Length * 8), i++)
        {
            Rectangle(svg, x, LineHeight + 13, 12, 12, i);
            Text(svg, x + 18, LineHeight + 24, Legend[i]);
        }

        for (var i = 0; i < Bars.Count; i++)
        {
            Draw(svg, Bars[i], top + (i * LineHeight), scales[i]);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    // The bars below a heading share a scale, for what they show is of one size.
    private double[] Scales()
    {
        var scales = new double[Bars.Count];
        for (var first = 0; first < Bars.Count;)
        {
            var next = first + 1;
            while (next < Bars.Count && !Bars[next].IsHeading)
            {
                next++;
            }

            var most = Bars.Skip(first).Take(next - first).Max(bar => bar.Total);
            Array.Fill(scales, most > 0 ? (Width - LabelWidth - ValueWidth) / most : 0, first, next - first);
            first = next;
        }

        return scales;
    }

    private static void Draw(StringBuilder svg, Bar bar, int y, double scale)
    {
        Text(svg, bar.IsHeading ? 10 : 26, y + BarHeight - 2, bar.Label, bar.IsHeading ? """font-weight="bold" """ : "");
        double x = LabelWidth;
        foreach (var (part, colour) in bar.Parts)
        {
            Rectangle(svg, x, y, part * scale, BarHeight, colour);
            x += part * scale;
        }

        if (!bar.IsHeading)
        {
            Text(svg, x + 6, y + BarHeight - 2, Number.Text(bar.Total));
        }
    }

    private static void Rectangle(StringBuilder svg, double x, double y, double width, double height, int colour) => svg.AppendLine(
        CultureInfo.InvariantCulture,
        $"""<rect x="{x:0.#}" y="{y:0.#}" width="{width:0.#}" height="{height:0.#}" fill="{s_colours[colour % s_colours.Length]}"/>""");

    private static void Text(StringBuilder svg, double x, double y, string text, string attributes = "") => svg.AppendLine(
        CultureInfo.InvariantCulture, $"""<text x="{x:0.#}" y="{y:0.#}" {attributes}fill="#222222">{WebUtility.HtmlEncode(text)}</text>""");
}
