using System.Diagnostics;
using System.IO.Compression;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Cli.Tests;

/// <summary>
/// The packages as their users get them. Explicit, <c>./test pack</c>: it builds the projects a second time, for the CPU, and fetches the
/// ONNX Runtime that goes with that.
/// </summary>
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(9);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Explicit = true)]
    public async Task The_tool_is_installed_from_its_package_and_scores_the_digits()
    {
        var packages = _folder["packages"];
        var tools = _folder["tools"];
        var scored = _folder["scored.csv"];
        // A version of its own: NuGet's cache would give back the tool of an earlier run.
        var version = $"0.0.0-test.{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}";
        await RunAsync(Path.Combine(Root, "scripts", "pack"), [packages], ("VERSION", version));

        Assert.Equal(
            [
                $"Millrace.Cli.{version}.nupkg", $"Millrace.Cli.{version}.snupkg",
                $"Millrace.Contracts.{version}.nupkg", $"Millrace.Contracts.{version}.snupkg",
                $"Millrace.Producer.{version}.nupkg", $"Millrace.Producer.{version}.snupkg",
            ],
            Directory.EnumerateFiles(packages).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        var client = await NuspecAsync(Path.Combine(packages, $"Millrace.Producer.{version}.nupkg"));
        Assert.Contains("<readme>README.md</readme>", client, StringComparison.Ordinal);
        Assert.Contains("<license type=\"expression\">Apache-2.0</license>", client, StringComparison.Ordinal);
        Assert.Contains($"<dependency id=\"Millrace.Contracts\" version=\"{version}\"", client, StringComparison.Ordinal);
        Assert.DoesNotContain("OnnxRuntime", client, StringComparison.Ordinal);

        // The tool has all that it needs inside: no other source is asked.
        var sources = _folder.Write("NuGet.Config", $"""<configuration><packageSources><clear /><add key="packages" value="{packages}" /></packageSources></configuration>""");
        await RunAsync("dotnet", ["tool", "install", "Millrace.Cli", "--version", version, "--tool-path", tools, "--configfile", sources], ("NUGET_PACKAGES", _folder["cache"]));
        await RunAsync(
            Path.Combine(tools, "millrace"),
            ["score", Path.Combine(Root, "samples", "digits.csv"), "--models", Path.Combine(Root, "models"), "--output", scored],
            ("HOME", _folder["home"]));

        var lines = await File.ReadAllLinesAsync(scored, Token);
        Assert.Equal(1 + 1797, lines.Length);
        Assert.EndsWith(",prediction,confidence", lines[0], StringComparison.Ordinal);
    }

    private static string Root { get; } = FindRoot();

    private static async Task<string> NuspecAsync(string package)
    {
        await using var archive = await ZipFile.OpenReadAsync(package, Token);
        var nuspec = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
        using var reader = new StreamReader(await nuspec.OpenAsync(Token));
        return await reader.ReadToEndAsync(Token);
    }

    private async Task RunAsync(string program, IReadOnlyList<string> arguments, (string Name, string Value) variable)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder[""],
            Environment = { [variable.Name] = variable.Value, ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" },
        };
        // Not Process itself: the signal would come with the end of the pool's thread that started it.
        var process = ChildProcess.Start(start);
        try
        {
            var output = process.Output.ReadToEndAsync(Token);
            var error = process.Error.ReadToEndAsync(Token);
            var exitCode = await process.Exited.WaitAsync(s_patience, Token);

            Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{await output}\n{await error}");
        }
        finally
        {
            process.Send(Signals.Kill);
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Worker.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Worker.sln is above none of the tests' folders.");
        }

        return folder;
    }
}
