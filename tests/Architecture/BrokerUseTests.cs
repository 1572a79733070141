using System.Text.RegularExpressions;

namespace Millrace.Architecture;

/// <summary>
/// What newer brokers refuse is used nowhere: RabbitMQ 4.3 takes no transient queue that is not exclusive, and no prefetch for a whole channel.
/// </summary>
public sealed partial class BrokerUseTests
{
    private const int Patience = 10_000;

    private static readonly string[] s_folders = ["src", "tests", "bench", "samples", "docs"];
    private static readonly string[] s_extensions = [".cs", ".md", ".py", ".js"];

    private static readonly IReadOnlyList<(string File, string Name, string Arguments)> s_calls = [.. Sources().SelectMany(Calls)];

    [Fact]
    public void Queues_are_durable_or_exclusive() => Assert.Empty(
        s_calls.Where(call => !IsPrefetch(call.Name) && !IsDurableOrExclusive(call.Arguments)).Select(Describe));

    [Fact]
    public void A_prefetch_is_a_consumers() => Assert.Empty(
        s_calls.Where(call => IsPrefetch(call.Name) && !IsOfConsumer(call)).Select(Describe));

    [Fact]
    public void Calls_are_found_in_the_sources_and_in_the_programs_of_the_docs()
    {
        Assert.Contains(s_calls, call => call is { File: "README.md", Name: "queue_declare" });
        Assert.Contains(s_calls, call => call is { File: "src/Worker/Broker/BrokerPart.cs", Name: "QueueDeclareAsync" });
        Assert.Contains(s_calls, call => call is { File: "src/Worker/Intake/QueueIntake.cs", Name: "BasicQosAsync" });
    }

    [Theory]
    [InlineData("\"\", cancellationToken: token", true)] // The client's defaults: exclusive.
    [InlineData("\"\", exclusive=True", true)]
    [InlineData("name, durable: true, exclusive: false", true)]
    [InlineData("name, exclusive: false, autoDelete: false", false)]
    [InlineData("name, durable: false, exclusive: false", false)]
    [InlineData("name, false, false, false", false)] // What is which cannot be told.
    public void What_a_declaration_makes_is_told_by_its_named_arguments(string arguments, bool isTaken) =>
        Assert.Equal(isTaken, IsDurableOrExclusive(arguments));

    private static bool IsPrefetch(string name) => name is "BasicQosAsync" or "basic_qos";

    private static bool IsDurableOrExclusive(string arguments) =>
        !Unnamed().IsMatch(arguments) && (Durable().IsMatch(arguments) || !NotExclusive().IsMatch(arguments));

    private static bool IsOfConsumer((string File, string Name, string Arguments) call) =>
        call.Arguments.Contains("global: false", StringComparison.Ordinal)
        || (call.Name == "basic_qos" && !call.Arguments.Contains("global", StringComparison.Ordinal));

    private static string Describe((string File, string Name, string Arguments) call) => $"{call.File}: {call.Name}({call.Arguments})";

    private static IEnumerable<string> Sources() => s_folders
        .SelectMany(folder => Directory.EnumerateFiles(Repository.Folder(folder), "*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Repository.Root, "*.md"))
        .Where(path => s_extensions.Contains(Path.GetExtension(path), StringComparer.Ordinal) && !Foreign().IsMatch(path));

    private static IEnumerable<(string File, string Name, string Arguments)> Calls(string path) => Call()
        .Matches(File.ReadAllText(path))
        .Select(match => (Path.GetRelativePath(Repository.Root, path), match.Groups["name"].Value, match.Groups["arguments"].Value));

    // Up to the bracket that closes the call, over those within it.
    [GeneratedRegex(@"\b(?<name>QueueDeclareAsync|BasicQosAsync|queue_declare|basic_qos)\((?<arguments>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Call();

    [GeneratedRegex(@"\bdurable(: true|=True)\b", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Durable();

    [GeneratedRegex(@"\bexclusive: false\b|\bexclusive=False\b", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex NotExclusive();

    [GeneratedRegex(@"(?:^|, *)(?:true|false|True|False)\b", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Unnamed();

    [GeneratedRegex(@"/(?:bin|obj|node_modules)/|/tests/Architecture/", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Foreign();
}
