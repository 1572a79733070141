using System.Diagnostics;
using Millrace.Cli.Embedded;
using Millrace.Contracts;
using Millrace.Producer;
using Millrace.Results;
using Millrace.Worker.Inference;

namespace Millrace.Cli.Terminal;

/// <summary>All that a command touches outside itself.</summary>
internal sealed record CliContext
{
    /// <summary>Standard input.</summary>
    public required Stream In { get; init; }

    /// <summary>Standard output: data, nothing else.</summary>
    public required Stream Out { get; init; }

    /// <summary>Standard error: what goes on, and what went wrong.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person watches <see cref="Out"/>.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>Whether a person watches <see cref="Error"/>.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Reads an environment variable; null where it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>When the process started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Connects to a broker.</summary>
    public Func<MillraceClientOptions, CancellationToken, Task<MillraceClient>> ConnectAsync { get; init; } = MillraceClient.ConnectAsync;

    /// <summary>Starts a worker in this process.</summary>
    public Func<EmbeddedModels, MillraceClientOptions, CancellationToken, Task<EmbeddedClient>> EmbedAsync { get; init; } = EmbeddedClient.StartAsync;

    /// <summary>Opens a Postgres store by its connection string.</summary>
    public Func<string, IResultStore> OpenPostgres { get; init; } = ResultStores.OpenPostgres;

    /// <summary>Opens a SQLite store by its file.</summary>
    public Func<string, IResultStore> OpenSqlite { get; init; } = ResultStores.OpenSqlite;

    /// <summary>Reads what a model takes and gives, by the models' directory, its name and its version (null for the newest).</summary>
    public Func<string, string, string?, ModelDescription> ReadModel { get; init; } = ModelDescriptions.Read;

    /// <summary>What a person types to run this program.</summary>
    public string ProgramName => Environment("MILLRACE_COMMAND") is { Length: > 0 } command ? command : "millrace";

    /// <summary>Where the samples lie, as a person would type it.</summary>
    public string Samples => Environment("MILLRACE_SAMPLES") is { Length: > 0 } folder ? folder : "samples";

    /// <summary>Whether colours may be used on a terminal (https://no-color.org).</summary>
    public bool MayColour => string.IsNullOrEmpty(Environment("NO_COLOR"));

    /// <summary>This process's own.</summary>
    public static CliContext OfProcess()
    {
        using var process = Process.GetCurrentProcess();
        return new CliContext
        {
            In = new AbandonableStream(Console.OpenStandardInput()),
            Out = StandardOutput.Open(),
            Error = Console.Error,
            IsOutTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            Environment = System.Environment.GetEnvironmentVariable,
            StartedAt = new DateTimeOffset(process.StartTime),
        };
    }
}
