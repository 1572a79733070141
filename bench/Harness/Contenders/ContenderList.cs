using System.Diagnostics;
using System.Globalization;
using Millrace.Bench.Workloads;
using Millrace.LocalServices;

namespace Millrace.Bench.Contenders;

/// <summary>All that can be measured.</summary>
internal static class ContenderList
{
    // Of the loops that are written by hand. The models' own configuration says the same to Millrace.
    private const int Threads = 1;

    public static Contender Floor { get; } = new()
    {
        Name = "floor",
        Title = "floor (C# by hand, no guarantee)",
        Command = (site, models) => WithContract(DotNet("Millrace.Bench.Floor.dll"), site, models.Model),
        Obstacle = () => NotBuilt("Millrace.Bench.Floor.dll"),
    };

    public static Contender Peer { get; } = new()
    {
        Name = "peer",
        Title = "peer (Node)",
        Command = (site, models) => WithContract(new ProcessStartInfo("node", [Path.Combine(Repository.Peer, "main.js")]), site, models.Model),
        Obstacle = PeerObstacle,
        IsManaged = false,
    };

    public static Contender Millrace { get; } = new()
    {
        Name = "millrace",
        Title = "Millrace",
        Command = (site, models) => WithSettings(DotNet("Millrace.Worker.dll"), site, ResultsTable.Millrace, models),
        Obstacle = () => NotBuilt("Millrace.Worker.dll"),
        IsReady = line => line.Contains("Ready:", StringComparison.Ordinal),
        Table = ResultsTable.Millrace,
        IsMillrace = true,
    };

    public static Contender Unguarded { get; } = Millrace with
    {
        Name = "unguarded",
        Title = "Millrace, guarantees off",
        Command = (site, models) => WithSettings(DotNet("Millrace.Bench.Unguarded.dll"), site, ResultsTable.Unguarded, models),
        Obstacle = () => NotBuilt("Millrace.Bench.Unguarded.dll"),
        Table = ResultsTable.Unguarded,
    };

    public static Contender TwoWorkers { get; } = Millrace with { Name = "millrace-2", Title = "Millrace, two workers", Processes = 2 };

    /// <summary>Those that stand for themselves, in the order of their turns.</summary>
    public static IReadOnlyList<Contender> All { get; } = [Floor, Peer, Millrace, Unguarded];

    private static string Beside(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly);

    private static string? NotBuilt(string assembly) => File.Exists(Beside(assembly)) ? null : $"{Beside(assembly)} is not there";

    private static string? PeerObstacle() => (Programs.IsInPath("node"), Directory.Exists(Path.Combine(Repository.Peer, "node_modules"))) switch
    {
        (false, _) => "Node.js is not in PATH (https://nodejs.org)",
        (_, false) => "its packages are not there: run npm ci --ignore-scripts in bench/peer",
        _ => null,
    };

    // By the muxer that runs this very program, where that is known.
    private static ProcessStartInfo DotNet(string assembly) =>
        new(Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet", [Beside(assembly)]);

    private static ProcessStartInfo WithSettings(ProcessStartInfo start, Site site, ResultsTable table, ServedModels models)
    {
        start.Environment["Broker__Uri"] = site.Broker.ToString();
        start.Environment["Store__ConnectionString"] = site.LoginTo(table).ToString();
        // So that it asks for what the broker proposes to the others, 60 s: it may be held for that long while a queue is filled.
        start.Environment["Broker__Heartbeat"] = "00:02:00";
        start.Environment["Models__Directory"] = models.MakeRepository();
        start.Environment["Models__Names"] = string.Join(',', models.Names);
        return start;
    }

    // bench/README.md says what the contract is.
    private static ProcessStartInfo WithContract(ProcessStartInfo start, Site site, string model)
    {
        var login = site.LoginTo(ResultsTable.Plain);
        start.Environment["BENCH_BROKER"] = site.Broker.ToString();
        start.Environment["BENCH_MODEL"] = model;
        start.Environment["BENCH_MODEL_FILE"] = Repository.ModelFile(Repository.ModelsOf(model), model);
        start.Environment["BENCH_THREADS"] = Threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGHOST"] = login.Host;
        start.Environment["PGPORT"] = login.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = login.Username;
        start.Environment["PGPASSWORD"] = login.Password;
        start.Environment["PGDATABASE"] = login.Database;
        return start;
    }
}
