using System.Text;
using Millrace.Cli.Embedded;
using Millrace.Cli.Terminal;
using Millrace.Producer;
using Millrace.TestKit;

namespace Millrace.Cli.Tests;

/// <summary>Runs the command line in this process, on a folder of its own.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public CliRun()
    {
        Directory.CreateDirectory(Path.Combine(Folder["models"], SumModel.Name));
        Set("Models__Directory", Folder["models"]).Set("Store__Path", Folder["results.db"]);
    }

    /// <summary>Where its files are.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>Answers the jobs.</summary>
    public ScriptedTransport Transport { get; init; } = new(SumModel.AnswerAsync);

    /// <summary>What the model says of itself.</summary>
    public ModelDescription Model { get; set; } = SumModel.Labelled;

    /// <summary>Connects as the program does, instead of to <see cref="Transport"/>.</summary>
    public bool IsReal { get; init; }

    /// <summary>The options that the client was last made with.</summary>
    public MillraceClientOptions? ClientOptions { get; private set; }

    /// <summary>Sets an environment variable.</summary>
    public CliRun Set(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Runs it.</summary>
    public Task<CliOutcome> RunAsync(params string[] arguments) => RunAsync("", arguments);

    /// <summary>Runs it with a standard input.</summary>
    public Task<CliOutcome> RunAsync(string input, string[] arguments) => RunAsync(new MemoryStream(Encoding.UTF8.GetBytes(input)), arguments);

    /// <summary>Runs it with a standard input.</summary>
    public async Task<CliOutcome> RunAsync(Stream input, string[] arguments)
    {
        var output = new MemoryStream();
        await using var error = new StringWriter();
        var context = new CliContext
        {
            In = input,
            Out = output,
            Error = error,
            Environment = name => _environment.GetValueOrDefault(name),
            StartedAt = TimeProvider.System.GetUtcNow(),
        };
        if (!IsReal)
        {
            context = context with
            {
                ConnectAsync = (options, _) =>
                {
                    ClientOptions = options;
                    return Task.FromResult(new MillraceClient(Transport, options));
                },
                EmbedAsync = (_, options, _) =>
                {
                    ClientOptions = options;
                    return Task.FromResult(new EmbeddedClient(new MillraceClient(Transport, options), (_, _) => null));
                },
                ReadModel = (_, _, version) => Model with { Version = version ?? Model.Version },
            };
        }

        var exitCode = await CommandLine.RunAsync(arguments, context, TestContext.Current.CancellationToken);
        return new CliOutcome(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public void Dispose() => Folder.Dispose();
}
