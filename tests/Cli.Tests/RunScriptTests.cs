using System.Diagnostics;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Cli.Tests;

/// <summary><c>./run</c>, in a repository of its own whose build makes a program that tells how it was called.</summary>
public sealed class RunScriptTests : IDisposable
{
    // In place of the SDK. Its build is a program that prints its folder, its arguments and what the script sets.
    private const string Dotnet = """
        #!/bin/bash
        [[ $1 == build ]] || exit 0
        echo "$PWD" >>builds.log
        mkdir -p src/Cli/bin/Release/net10.0
        cd src/Cli/bin/Release/net10.0
        : >millrace.dll
        cat >millrace <<'END'
        #!/bin/bash
        echo "in $PWD"
        printf 'with %s\n' "$@"
        echo "models ${Models__Directory:-}"
        echo "command $MILLRACE_COMMAND"
        END
        chmod +x millrace
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _top;
    private readonly string _elsewhere;

    public RunScriptTests()
    {
        (_top, _elsewhere) = (_folder["the repository"], _folder["else where"]);
        foreach (var folder in new[] { "bin", "the repository/src", "the repository/scripts", "else where" })
        {
            Directory.CreateDirectory(_folder[folder]);
        }

        foreach (var file in new[] { "run", "scripts/prerequisites.sh", "scripts/install-services.sh", "Directory.Build.props", "global.json", ".editorconfig", "BannedSymbols.txt" })
        {
            File.Copy(Path.Combine(Repository(), file), Path.Combine(_top, file));
        }

        var dotnet = _folder.Write("bin/dotnet", Dotnet);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Paths_are_those_of_the_callers_folder_and_the_models_are_the_repositorys()
    {
        var lines = await RunAsync(_elsewhere, $"{_top}/run", "score", "data.csv", "--output", "out file.csv");

        Assert.Equal(
            [$"in {_elsewhere}", "with score", "with data.csv", "with --output", "with out file.csv", $"models {_top}/models", $"command {_top}/run"], lines);
        // The build is the repository's own affair.
        Assert.Equal([_top], await File.ReadAllLinesAsync($"{_top}/builds.log", Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_elsewhere));
    }

    [Fact]
    public async Task What_is_built_is_not_built_again_wherever_it_is_called_from()
    {
        await RunAsync(_elsewhere, $"{_top}/run", "runs");
        await RunAsync(_top, "./run", "runs");
        await RunAsync(_folder["bin"], "../the repository/run", "runs");

        Assert.Single(await File.ReadAllLinesAsync($"{_top}/builds.log", Token));
    }

    [Fact]
    public async Task In_the_repository_it_is_called_by_its_short_name() => Assert.Equal(
        [$"in {_top}", "with results", "models ", "command ./run"], await RunAsync(_top, "./run", "results"));

    [Fact]
    public async Task Without_arguments_it_scores_the_sample()
    {
        Assert.Equal(
            ["with score", "with samples/digits.csv", "with --model", "with digits", "with --output", "with scored/digits.csv"], (await RunAsync(_top, "./run"))[1..7]);
        Assert.Equal(
            [$"in {_elsewhere}", "with score", $"with {_top}/samples/digits.csv", "with --model", "with digits", "with --output", "with scored/digits.csv"],
            (await RunAsync(_elsewhere, $"{_top}/run"))[..7]);
    }

    [Fact]
    public async Task Models_that_the_environment_names_are_taken()
    {
        var lines = await RunAsync(_elsewhere, $"{_top}/run", environment: [("Models__Directory", "mine")], arguments: ["runs"]);

        Assert.Contains("models mine", lines);
    }

    [Fact]
    public async Task A_link_to_it_does_the_same()
    {
        File.CreateSymbolicLink(_folder["bin/millrace"], $"{_top}/run");

        var lines = await RunAsync(_elsewhere, _folder["bin/millrace"], "runs");

        Assert.Equal([$"in {_elsewhere}", "with runs", $"models {_top}/models", $"command {_top}/run"], lines);
    }

    private Task<string[]> RunAsync(string folder, string script, params string[] arguments) => RunAsync(folder, script, environment: [], arguments);

    private async Task<string[]> RunAsync(string folder, string script, (string Name, string Value)[] environment, string[] arguments)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "bash", "-c", "exec \"$@\"", "-", script, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment.Remove("Models__Directory");
        start.Environment["PATH"] = $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = ChildProcess.Start(start);
        var (output, error) = (process.Output.ReadToEndAsync(Token), process.Error.ReadToEndAsync(Token));
        var exitCode = await process.Exited.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.True(exitCode == 0, $"exit code {exitCode}: {await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
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
