using System.Text.RegularExpressions;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Architecture;

/// <summary>
/// The worker's folders, and which may know which. A newcomer reads the order from the bottom; whoever needs another arrow adds it here, with
/// its reason, where the order allows it, and otherwise moves what makes it needed.
/// </summary>
public sealed class FoldersTests
{
    private const string Root = "Millrace.Worker";

    // From the bottom: each may know those before it, where there is an arrow for it.
    private static readonly string[] s_order =
    [
        "Configuration", // how options are bound, and held to their rules
        "Jobs", // what a job is inside the process
        "Observability", // metrics, and how much is logged
        "Broker", // addresses, connections, what there is at the broker, what its errors mean
        "Resilience", // calls that are made again until they succeed; what keeps a worker from dying of a job
        "Sending", // the way out to the broker
        "Inference.Models", // models on disk, and what one takes and gives
        "Inference.Tensors", // rows to memory, and memory to rows
        "Inference.Sessions", // ONNX Runtime: providers, trials, runs
        "Inference", // loads models, and has those that are served
        "Delivery", // rows, and then replies
        "Retries", // further attempts at a job, and waits for its version
        "Batching", // batches, and the loops that run them
        "Cancelling", // takes jobs back before they run
        "Intake", // deliveries come in and become jobs
        "DeadLetters", // what the broker gave up gets its row
        "Embedded", // the worker inside another process
        "Hosting", // the worker as a process of its own
        "", // Program.cs
    ];

    private static readonly (string From, string To, string Why)[] s_arrows =
    [
        ("Observability", "Jobs", "counts jobs by model, lane, status and cause of failure"),

        ("Broker", "Configuration", "Broker: is a section of the configuration"),

        ("Resilience", "Broker", "which of its errors pass by themselves"),
        ("Resilience", "Observability", "says and counts what is tried again"),

        ("Sending", "Broker", "opens connections, and knows direct reply-to names"),
        ("Sending", "Observability", "counts what is sent again"),
        ("Sending", "Resilience", "waits for a broker that is away"),

        ("Inference.Models", "Jobs", "a version gives its jobs their key and the place for their outputs"),

        ("Inference.Tensors", "Inference.Models", "memory is laid out as the model's signature says"),
        ("Inference.Tensors", "Jobs", "packs the rows of batches, unpacks into jobs' outputs"),

        ("Inference.Sessions", "Inference.Models", "opens a session of a model's files"),
        ("Inference.Sessions", "Inference.Tensors", "a run packs, runs and unpacks"),
        ("Inference.Sessions", "Jobs", "runs batches, and says why one failed"),

        ("Inference", "Configuration", "Models: is a section of the configuration"),
        ("Inference", "Inference.Models", "reads the repository"),
        ("Inference", "Inference.Sessions", "opens the sessions, and tries them"),
        ("Inference", "Jobs", "finds a job's model, and keeps to the limits of jobs"),

        ("Delivery", "Broker", "opens the sender's connections, and gives bodies back to their pool"),
        ("Delivery", "Configuration", "Delivery: and Store: are sections of the configuration"),
        ("Delivery", "Jobs", "commits decided jobs, and completes them"),
        ("Delivery", "Observability", "counts commits and replies"),
        ("Delivery", "Resilience", "waits for a store that is away, and strikes suspects off"),
        ("Delivery", "Sending", "sends replies and unreadable bodies"),

        ("Retries", "Broker", "believes workers' logins, and watches the queues of the delays"),
        ("Retries", "Configuration", "Retries: is a section of the configuration"),
        ("Retries", "Delivery", "a job without another attempt is decided"),
        ("Retries", "Jobs", "postpones jobs"),
        ("Retries", "Observability", "counts attempts and waits"),
        ("Retries", "Resilience", "the watch waits for a broker that is away"),
        ("Retries", "Sending", "a job goes back to wait at the broker"),

        ("Batching", "Configuration", "Stop: is a section of the configuration"),
        ("Batching", "Delivery", "hands on what is decided"),
        ("Batching", "Inference", "a batcher and loops for each served model"),
        ("Batching", "Inference.Models", "how many rows a batch may have, and a run's limit"),
        ("Batching", "Inference.Sessions", "runs batches"),
        ("Batching", "Inference.Tensors", "makes the reply of what a job's runs gave"),
        ("Batching", "Jobs", "makes batches of jobs"),
        ("Batching", "Observability", "counts runs"),
        ("Batching", "Resilience", "a session is opened anew, suspects are noted"),
        ("Batching", "Retries", "a job whose run failed has another attempt"),

        ("Cancelling", "Batching", "decides jobs that wait in a batcher"),
        ("Cancelling", "Configuration", "Cancelling: is a section of the configuration"),
        ("Cancelling", "Delivery", "hands them on"),
        ("Cancelling", "Jobs", "they are jobs"),
        ("Cancelling", "Resilience", "waits for a store that is away"),

        ("Intake", "Batching", "a job that may run waits in a batcher, and its pace says how many are held"),
        ("Intake", "Broker", "consumes queues, and holds the start until they are there"),
        ("Intake", "Cancelling", "a job that is to be cancelled does not start"),
        ("Intake", "Configuration", "Limits: is a section of the configuration"),
        ("Intake", "Delivery", "hands on what is decided, and what cannot be read"),
        ("Intake", "Inference", "finds the model that a job asks for"),
        ("Intake", "Inference.Models", "checks a job against the model's signature"),
        ("Intake", "Jobs", "makes jobs of deliveries"),
        ("Intake", "Resilience", "waits for store and broker, and asks for suspicions"),
        ("Intake", "Retries", "what a delivery says of attempts, and a wait for another version"),

        ("DeadLetters", "Broker", "consumes the dead letters"),
        ("DeadLetters", "Delivery", "hands the decided jobs on"),
        ("DeadLetters", "Inference", "finds the model, where it is served here"),
        ("DeadLetters", "Inference.Models", "names the version that would have run"),
        ("DeadLetters", "Intake", "reads them as other deliveries are read"),
        ("DeadLetters", "Jobs", "they become decided jobs"),
        ("DeadLetters", "Observability", "counts them"),
        ("DeadLetters", "Resilience", "waits for a broker that is away"),

        ("Embedded", "Batching", "composes it; the next attempt goes straight into the batcher"),
        ("Embedded", "Cancelling", "composes it"),
        ("Embedded", "Delivery", "composes it"),
        ("Embedded", "Inference", "composes it, and describes its models"),
        ("Embedded", "Inference.Sessions", "a closed batcher says that runs are over"),
        ("Embedded", "Intake", "composes it, and hands it deliveries"),
        ("Embedded", "Jobs", "makes deliveries of what it is sent"),
        ("Embedded", "Observability", "composes it"),
        ("Embedded", "Resilience", "composes it for a command that waits"),
        ("Embedded", "Retries", "composes it, with a route of its own"),
        ("Embedded", "Sending", "replies go to the embedding process"),

        ("Hosting", "Batching", "composes it, and ends when its loops do"),
        ("Hosting", "Broker", "composes it, and says what is set up wrong there"),
        ("Hosting", "Cancelling", "composes it"),
        ("Hosting", "DeadLetters", "composes it"),
        ("Hosting", "Delivery", "composes it, and knows what it left undone"),
        ("Hosting", "Inference", "composes it, and says why a model cannot be served"),
        ("Hosting", "Intake", "composes it"),
        ("Hosting", "Observability", "composes it"),
        ("Hosting", "Resilience", "composes it"),
        ("Hosting", "Retries", "composes it"),

        ("", "Hosting", "the process's entry"),
    ];

    [Fact]
    public void A_folder_knows_those_that_the_table_names_and_no_others()
    {
        var found = FolderReferences.Read(typeof(PendingJob).Assembly.Location, Root).ToDictionary();
        foreach (var (arrow, file) in Usings())
        {
            found.TryAdd(arrow, $"{file} has a using of it");
        }

        var allowed = s_arrows.Select(arrow => (arrow.From, arrow.To)).ToHashSet();
        Assert.Equal(s_arrows.Length, allowed.Count);
        AssertNone(
        [
            .. found.Where(arrow => !allowed.Contains(arrow.Key)).Select(arrow => $"not in the table: {arrow.Key.From} → {arrow.Key.To} ({arrow.Value})"),
            .. allowed.Where(arrow => !found.ContainsKey(arrow)).Select(arrow => $"in the table, and nobody uses it: {arrow.From} → {arrow.To}"),
        ]);
    }

    [Fact]
    public void Every_arrow_points_down_the_order_so_that_none_is_part_of_a_circle()
    {
        AssertNone(s_arrows.Where(arrow => Array.IndexOf(s_order, arrow.To) >= Array.IndexOf(s_order, arrow.From)).Select(arrow => $"{arrow.From} → {arrow.To}"));
        Assert.Equal(
            SourceFiles().Select(file => file.Folder).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            s_order.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_lies_in_the_folder_of_its_namespace()
    {
        AssertNone(SourceFiles().Where(file => file.Folder.Length > 0 && !Regex.IsMatch(
            file.Text, $@"^namespace {Regex.Escape($"{Root}.{file.Folder}")};", RegexOptions.Multiline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10)))
            .Select(file => file.Path));
    }

    [Fact]
    public void The_tests_have_the_same_folders()
    {
        // These tests, and what makes models for all of them.
        string[] others = ["Architecture", "Onnx"];
        var folders = Files("tests/Worker.Tests").Select(file => file.Folder).Distinct(StringComparer.Ordinal);

        AssertNone(folders.Where(folder => !others.Contains(folder.Split('.')[0], StringComparer.Ordinal)).Except(s_order, StringComparer.Ordinal));
    }

    /// <summary>Asserts that there is nothing to complain of, and tells all of it where there is.</summary>
    private static void AssertNone(IEnumerable<string> complaints)
    {
        var all = string.Join(Environment.NewLine, complaints);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>What the compiler leaves nothing of has its <c>using</c>: the build has no unneeded ones (IDE0005).</summary>
    private static IEnumerable<((string From, string To) Arrow, string File)> Usings()
    {
        foreach (var file in SourceFiles())
        {
            foreach (Match match in Regex.Matches(
                file.Text, $@"^(global )?using (static )?(\w+ = )?{Regex.Escape(Root)}\.(?<to>[\w.]+);", RegexOptions.Multiline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10)))
            {
                Assert.False(match.Value.StartsWith("global", StringComparison.Ordinal), $"{file.Path}: every file says by itself which folders it knows");
                yield return ((file.Folder, match.Groups["to"].Value), file.Path);
            }
        }
    }

    private static IEnumerable<(string Path, string Folder, string Text)> SourceFiles() => Files("src/Worker");

    private static IEnumerable<(string Path, string Folder, string Text)> Files(string folder)
    {
        var root = Path.Combine(Repository(), folder);
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Select(path => (path, Path.GetDirectoryName(path)!.Replace('/', '.'), File.ReadAllText(Path.Combine(root, path))));
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
