using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;
using Millrace.Contracts.Wire;
using Millrace.Results;

namespace Millrace.Worker.Embedded;

/// <summary>What an embedded worker serves.</summary>
public sealed record EmbeddedWorkerOptions
{
    /// <summary>The model repository.</summary>
    public required string ModelsDirectory { get; init; }

    /// <summary>The models to serve; none means all.</summary>
    public IReadOnlyList<string> ModelNames { get; init; } = [];

    /// <summary>Where results are kept; its schema must be there. The caller's to dispose, after the worker.</summary>
    public required IResultStore Store { get; init; }

    /// <summary>Gets each reply. Called from any thread, several at once.</summary>
    public required Func<EmbeddedReply, ValueTask> OnReply { get; init; }

    /// <summary>Where the worker's log goes. The caller's to dispose, after the worker.</summary>
    /// <value>Default: nowhere.</value>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Jobs held at once, of each model and lane; a further one waits until one of them has ended.</summary>
    /// <value>Default: 256.</value>
    public int Prefetch { get; init; } = 256;
}

/// <summary>A reply of the embedded worker.</summary>
/// <param name="CorrelationId">The job's.</param>
/// <param name="Body">The protocol's response.</param>
public sealed record EmbeddedReply(string? CorrelationId, WireBody Body);
