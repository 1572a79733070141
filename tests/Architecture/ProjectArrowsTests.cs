namespace Millrace.Architecture;

/// <summary>Which project may know which. The arrows are drawn in docs/design.md.</summary>
public sealed class ProjectArrowsTests
{
    // Contracts <- Results <- Worker; Contracts <- Producer <- Scoring <- Cli -> Worker. Every other arrow is a fault.
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Contracts"] = [],
        ["Results"] = ["Contracts"],
        ["Worker"] = ["Contracts", "Results"],
        ["Producer"] = ["Contracts"],
        ["Scoring"] = ["Contracts", "Producer", "Results"],
        ["Cli"] = ["Contracts", "Results", "Producer", "Scoring", "Worker", "LocalServices"],
        ["LocalServices"] = [],
    };

    private static readonly IReadOnlyDictionary<string, Project> s_projects = Project.Below(Repository.Folder("src"));

    [Fact]
    public void Projects_know_only_what_the_table_allows()
    {
        var strays = s_projects.Values.SelectMany(
            project => project.Projects.Except(s_allowed.GetValueOrDefault(project.Name, [])).Select(known => $"{project.Name} -> {known}"));

        Assert.Empty(strays);
    }

    [Fact]
    public void Every_project_has_its_row_in_the_table() => Assert.Empty(s_projects.Keys.Except(s_allowed.Keys));

    [Fact]
    public void The_table_itself_has_no_circle() => Assert.Null(Circle.In(s_allowed.ToDictionary(
        row => row.Key, row => (IReadOnlyCollection<string>)row.Value, StringComparer.Ordinal)));

    [Fact]
    public void The_client_library_brings_RabbitMQ_Polly_and_the_abstractions_of_a_host_and_nothing_else()
    {
        // AddMillraceClient is written against these; a host itself is brought by the program that has one.
        string[] host = ["Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions"];
        Assert.Equal([.. host, "Polly.Core", "RabbitMQ.Client"], s_projects["Producer"].Packages.Order(StringComparer.Ordinal));
        Assert.Equal(["ZstdSharp.Port"], s_projects["Contracts"].Packages);
    }

    [Fact]
    public void A_projects_references_are_read_from_its_file()
    {
        var worker = s_projects["Worker"];

        Assert.Contains("Results", worker.Projects);
        Assert.Contains("RabbitMQ.Client", worker.Packages);
    }
}
