using System.Diagnostics;
using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>The sample program of a client, against a worker of its own.</summary>
public sealed class SampleTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    [Fact]
    public async Task The_client_program_prints_the_digits_of_a_file_in_its_order()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await site.StartWorkerAsync(TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Millrace.Samples.Client.dll"), site.Broker.AbsoluteUri, Repository.Folder("samples/digits.csv")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var program = Process.Start(start)!;

        var labels = (await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, program.ExitCode);
        Assert.Equal(1797, labels.Length);
        Assert.InRange(labels.Index().Count(label => label.Item == Digits.Label(label.Index)), 1750, 1797);
    }
}
