using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Results;

namespace Millrace.Cli.Embedded;

/// <summary>What a command without a broker runs in its own process: the worker's whole pipeline on these models.</summary>
internal sealed record EmbeddedModels
{
    /// <summary>The model repository: <c>NAME/VERSION/model.onnx</c> and <c>NAME/model.json</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>The models to load.</summary>
    /// <value>Default: empty, which means all of the directory's.</value>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Where the rows go, migrated already; the client does not dispose of it.</summary>
    public required IResultStore Store { get; init; }

    /// <summary>Where the worker's log goes; the client does not dispose of it.</summary>
    /// <value>Default: nowhere.</value>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
