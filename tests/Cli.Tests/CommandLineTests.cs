namespace Millrace.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private const string Job = """{"model_name":"sum","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Help_goes_to_standard_output()
    {
        var outcome = await _cli.RunAsync("--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("score", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    public static TheoryData<string> Commands =>
    [
        "", "score", "publish", "results", "runs", "cancel", "dead", "dead list", "dead show", "dead requeue", "dead purge", "store", "store migrate", "store check", "up",
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_says_each_default_once_and_nothing_of_NET(string command)
    {
        var outcome = await _cli.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(0, outcome.ExitCode);
        var lines = outcome.Out.Split('\n');
        Assert.All(lines, line => Assert.True(line.Split("default:").Length <= 2, line));
        Assert.DoesNotContain(lines, line => line.Contains("[default: 00:", StringComparison.Ordinal) || line.Contains("[default: Bulk", StringComparison.Ordinal));
        // The root's list is what the test is run for.
        var names = command.Length == 0 ? lines.SkipWhile(line => line.Trim() != "Commands:").Skip(1).Select(line => line.Trim().Split(' ')[0]).Where(name => name.Length > 0) : [];
        Assert.All(names, name => Assert.Contains(name, Commands.Select(row => (string)row.Data)));
    }

    [Theory]
    [InlineData("scroe x.csv", "millrace: 'scroe' is not something that is known here\n  hint: did you mean 'score'? see millrace --help\n")]
    [InlineData("score x.csv --modle m", "millrace: '--modle' is not an option here\n  hint: did you mean '--model' or '--models'? see millrace score --help\n")]
    [InlineData("pubblicize", "millrace: 'pubblicize' is not something that is known here\n  hint: there are 'score', 'publish', 'results', 'runs', 'cancel' and 3 more; see millrace --help\n")]
    [InlineData("score -- -x.csv --models m", "millrace: '--models' stands behind --, where nothing is an option any more\n  hint: options go before it, as in: score --model NAME -- -file.csv; see millrace score --help\n")]
    [InlineData("score", "millrace: Required argument missing for command: 'score'.\n  hint: see millrace score --help\n")]
    [InlineData("score x.csv --timeout soon", "millrace: --timeout: expected a time such as 500ms, 30s or 5m, at most 24d, found 'soon'\n  hint: see millrace score --help\n")]
    [InlineData("score x.csv --rows-per-job 0", "millrace: --rows-per-job: expected a whole number from 1 to 1048576, found '0'\n  hint: see millrace score --help\n")]
    [InlineData("results --status done", "millrace: --status: expected one of succeeded, rejected, failed, expired, cancelled, found 'done'\n  hint: see millrace results --help\n")]
    [InlineData("results --since yesterday", "millrace: --since: expected a time such as 2026-03-01T12:00:00Z or 2h, found 'yesterday'\n  hint: see millrace results --help\n")]
    [InlineData("publish --lane fast", "millrace: --lane: expected interactive or bulk, found 'fast'\n  hint: see millrace publish --help\n")]
    public async Task Misuse_is_one_line_and_a_hint(string arguments, string error)
    {
        var outcome = await _cli.RunAsync(arguments.Split(' '));

        Assert.Equal((2, "", error), (outcome.ExitCode, outcome.Out, outcome.Error.ReplaceLineEndings("\n")));
    }

    [Fact]
    public async Task A_mistyped_flag_does_not_show_the_password_behind_it()
    {
        var outcome = await _cli.RunAsync("publish", "-", "--brokr", "amqp://user:s3cr3t@host/", "Host=x;Password=s3cr3t");

        Assert.Equal(2, outcome.ExitCode);
        Assert.DoesNotContain("s3cr3t", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--broker", "user:s3cr3t@host", 2, "millrace: --broker is not an AMQP URI")]
    [InlineData("--store", "s3cr3t", 2, "millrace: --store is not an Npgsql connection string")]
    public async Task A_flag_that_cannot_be_read_is_the_callers_mistake(string flag, string value, int exitCode, string error)
    {
        var outcome = await _cli.RunAsync(Job, ["publish", "-", flag, value]);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.StartsWith(error, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Broker__Uri", "user:s3cr3t@host", "millrace: Broker__Uri is not an AMQP URI")]
    [InlineData("Store__ConnectionString", "s3cr3t", "millrace: Store__ConnectionString is not an Npgsql connection string")]
    public async Task A_variable_that_cannot_be_read_is_a_wrong_setting(string name, string value, string error)
    {
        var outcome = await _cli.Set(name, value).RunAsync(Job, ["publish", "-"]);

        Assert.Equal(78, outcome.ExitCode);
        Assert.StartsWith(error, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_named_without_its_password()
    {
        using var cli = new CliRun { IsReal = true };

        var outcome = await cli.RunAsync(Job, ["publish", "-", "--broker", "amqp://user:s3cr3t@127.0.0.1:1/"]);

        Assert.Equal(69, outcome.ExitCode);
        Assert.Equal(
            "millrace: Broker amqp://127.0.0.1:1/: cannot be reached: Connection refused.\n  hint: the broker is set by --broker or Broker__Uri\n",
            outcome.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named_without_its_password()
    {
        var outcome = await _cli.RunAsync("results", "--store", "Host=127.0.0.1;Port=1;Username=u;Password=s3cr3t;Database=d");

        Assert.Equal(69, outcome.ExitCode);
        Assert.StartsWith("millrace: store Postgres at 127.0.0.1:1, database 'd': ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", outcome.Error, StringComparison.Ordinal);
    }
}
