namespace Millrace.Bench.Reporting;

/// <summary>Writes a run's files, and its tables into the page.</summary>
internal static class Publication
{
    /// <param name="settings">The run's settings.</param>
    /// <param name="figures">The run's figures.</param>
    /// <param name="isWhole">Whether nothing of the form was left out.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task WriteAsync(Settings settings, Figures figures, bool isWhole, CancellationToken cancellationToken)
    {
        var date = TimeProvider.System.GetUtcNow();
        Directory.CreateDirectory(Repository.Results);
        var name = ResultsFile.NewName(Repository.Results, date, settings.Machine);
        var files = Path.Combine(Repository.Results, name);
        await File.WriteAllTextAsync($"{files}.json", ResultsFile.ToJson(settings, figures, date) + "\n", cancellationToken);
        await File.WriteAllTextAsync($"{files}.svg", Charts.Rates(figures).ToSvg(), cancellationToken);
        await File.WriteAllTextAsync($"{files}-cpu.svg", Charts.Cpu(figures).ToSvg(), cancellationToken);
        await Console.Error.WriteLineAsync($"bench: wrote bench/results/{name}.json, .svg and -cpu.svg");
        if (!isWhole)
        {
            await Console.Error.WriteLineAsync("bench: docs/performance.md stays as it is, for something of the form was left out");
            return;
        }

        var page = await File.ReadAllTextAsync(Repository.PerformancePage, cancellationToken);
        page = PageSection.Replace(page, settings.Form, Markdown.Write(settings, figures, date, name));
        await File.WriteAllTextAsync(Repository.PerformancePage, page, cancellationToken);
        await Console.Error.WriteLineAsync($"bench: wrote the tables of the {settings.Form} form in docs/performance.md");
    }
}
