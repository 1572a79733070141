namespace Millrace.Faults;

/// <summary>What a full run leaves for people to read.</summary>
public sealed class SummaryTests
{
    [Fact]
    public void A_figure_keeps_the_worst_and_holds_to_its_limit()
    {
        var time = new Figure(1, 5, "s", false, 1).With(4).With(2);
        var rate = new Figure(0.99, 0.8, "of that before", true, 1).With(0.7);

        Assert.Equal("4 s (at most 5, of 3)", time.ToString());
        Assert.True(time.Holds);
        Assert.Equal("0.7 of that before (at least 0.8, of 2)", rate.ToString());
        Assert.False(rate.Holds);
    }

    [Fact]
    public void The_table_has_a_line_for_each_scenario()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            Save("b", 1);
            Save("a", 20_000);

            Assert.Equal(
                [
                    "| a | killed: 20,000 | 7 | 0 | works again: 1.5 s (at most 5) | 2.0 | 5 | 2026-01-31 12:00 |",
                    "| b | killed: 1 | 7 | 0 | works again: 1.5 s (at most 5) | 2.0 | 5 | 2026-01-31 12:00 |",
                ],
                File.ReadAllLines(Path.Combine(folder.FullName, Summary.TableName))[2..]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Save(string scenario, int kills)
        {
            var summary = new Summary { Scenario = scenario, Seed = 5, Date = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), Seconds = 120, Jobs = 7 };
            summary.Count("killed", kills);
            summary.Figures["works again"] = new Figure(1.5, 5, "s", false, 1);
            summary.Save(folder.FullName);
        }
    }

    [Fact]
    public void A_history_counts_lines_that_it_no_longer_keeps()
    {
        var history = new History();
        for (var i = 0; i < 30_000; i++)
        {
            history.Add("worker", $"message {i} {History.Unreadable}");
        }

        Assert.Equal(30_000, history.Count("worker", History.Unreadable));
        Assert.False(history.Has("worker", "message 5 "));
        Assert.True(history.Has("worker", "message 29999 "));
        Assert.Throws<ArgumentOutOfRangeException>(() => history.Count("worker", "anything"));
    }
}
