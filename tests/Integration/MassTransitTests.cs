using System.Globalization;
using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>What the README tells people who use MassTransit.</summary>
public sealed class MassTransitTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_readmes_program_is_the_one_that_is_tested()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var start = readme.IndexOf("```csharp\n", StringComparison.Ordinal);
        Assert.True(start >= 0);
        var program = readme[start..readme.IndexOf("```", start + 3, StringComparison.Ordinal)].Split('\n')[1..];
        var source = Lines(File.ReadAllLines(Path.Combine(Repository.Root, "tests", "Integration", "MassTransitProgram.cs")));

        Assert.Contains("using Millrace.Contracts;", program);
        Assert.Contains("exchange:millrace.digits", string.Concat(program), StringComparison.Ordinal);
        Assert.Contains(Lines(program.Where(line => !line.StartsWith("using ", StringComparison.Ordinal))), source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_readmes_program_gets_its_answer()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await site.StartWorkerAsync(Token);
        await using var console = new StringWriter();
        var pixels = string.Join(',', Digits.Pixels(5).Select(pixel => pixel.ToString(CultureInfo.InvariantCulture)));

        await MassTransitProgram.RunAsync([site.Broker.ToString(), pixels], console).WaitAsync(s_patience, Token);

        Assert.Equal(Digits.Label(5), console.ToString().Trim());
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));
}
