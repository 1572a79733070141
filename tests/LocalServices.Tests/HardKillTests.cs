using System.Diagnostics;

namespace Millrace.LocalServices.Tests;

public sealed class HardKillTests : IDisposable
{
    private const string Mark = "ports: ";

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-local-tests-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Servers_end_with_a_parent_that_was_killed()
    {
        // The parent cannot delete its temporary folders: they go into ours.
        Folders.OpenToAll(_folder);
        using var parent = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(HardKillTests).Assembly.Location, "-explicit", "only", "-method", $"*.{nameof(A_parent_that_waits_to_be_killed)}" },
            Environment = { ["TMPDIR"] = _folder },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        int[] ports;
        try
        {
            ports = await ReadPortsAsync(parent).WaitAsync(s_deadline, Token);
            Assert.All(ports, port => Assert.True(FreePorts.IsTaken(port)));
        }
        finally
        {
            parent.Kill();
            await parent.WaitForExitAsync(Token);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(s_deadline);
        while (ports.Any(FreePorts.IsTaken) || PostgresIsThere())
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    [Fact(Explicit = true)]
    public async Task A_parent_that_waits_to_be_killed()
    {
        await using var postgres = await Here.PostgresAsync(new LocalPostgresOptions());
        await using var broker = await Here.RabbitMqAsync(new LocalRabbitMqOptions { Management = true });
        Console.WriteLine($"{Mark}{postgres.Port} {broker.Port} {broker.ManagementUri!.Port}");
        await Task.Delay(Timeout.Infinite, Token);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Postgres deletes the file last, once its data are written out.
    private bool PostgresIsThere() => Directory.EnumerateFiles(_folder, "postmaster.pid", SearchOption.AllDirectories).Any();

    private static async Task<int[]> ReadPortsAsync(Process parent)
    {
        while (await parent.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            // The runner may have coloured its own lines: the reset of its last colour then stands before ours.
            if (line.IndexOf(Mark, StringComparison.Ordinal) is var at and >= 0)
            {
                return [.. line[(at + Mark.Length)..].Split(' ').Select(int.Parse)];
            }
        }

        Assert.Skip("The servers did not start: this machine has no programs for them.");
        return [];
    }
}
