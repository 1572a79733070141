using System.Data.Common;
using System.Net.Sockets;
using Millrace.Cli.Terminal;
using Millrace.LocalServices;
using Millrace.Producer;
using Millrace.Results;
using Millrace.Scoring;
using Millrace.Scoring.Runs;
using Millrace.Worker.Inference;
using Millrace.Worker.Resilience;

namespace Millrace.Cli.Services;

/// <summary>What a person is told of a failure: one line, one hint, and the exit code for programs.</summary>
/// <param name="ExitCode">One of <see cref="Terminal.ExitCode"/>.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Hint">What to do about it; null where nothing is known.</param>
internal sealed record ErrorReport(int ExitCode, string Message, string? Hint)
{
    private const string DebugVariable = "MILLRACE_DEBUG";

    /// <summary>Explains an exception by its type.</summary>
    public static ErrorReport Of(Exception failure) => failure switch
    {
        UsageException usage => new(Terminal.ExitCode.Usage, usage.Message, usage.Hint),
        SettingException setting => new(Terminal.ExitCode.Configuration, setting.Message, setting.Hint),
        BrokerConnectionException { IsLate: true } late => new(
            Terminal.ExitCode.TimedOut, late.Message, "--timeout gives it longer; sent again under the same id, it stays one job"),
        BrokerConnectionException broker => new(
            Terminal.ExitCode.Unreachable, broker.Message, $"the broker is set by --broker or {ServiceOptions.BrokerVariable}"),
        UnroutableJobException unroutable => new(
            Terminal.ExitCode.Unreachable, unroutable.Message, "is a worker up that serves it? 'millrace up' starts one on this machine"),
        ReplyTimeoutException timeout => new(
            Terminal.ExitCode.TimedOut, timeout.Message, "it may still run: its row will be in the store under this id; --timeout gives it longer"),
        StoreSchemaException schema => new(Terminal.ExitCode.Configuration, schema.Message, null),
        StoreLockedException locked => new(Terminal.ExitCode.TimedOut, locked.Message, "store migrate --lock-timeout gives it longer"),
        StoreUnreachableException { Kind: StoreFaultKind.Setup } store => new(
            Terminal.ExitCode.Configuration, store.Message, $"the store is set by --store or {ServiceOptions.StoreVariable}"),
        StoreUnreachableException { Kind: StoreFaultKind.NoRoom } store => new(Terminal.ExitCode.Failure, store.Message, null),
        StoreFailedException store => new(Terminal.ExitCode.Failure, store.Message, null),
        StoreUnreachableException store => new(
            Terminal.ExitCode.Unreachable,
            store.Message,
            $"the store is set by --store or {ServiceOptions.StoreVariable}, for SQLite by {ServiceOptions.StorePathVariable}"),
        ModelConfigurationException model => new(
            Terminal.ExitCode.Configuration, model.Message, $"the models' directory is set by --models or {ServiceOptions.ModelsVariable}"),
        LocalServiceException service => new(Terminal.ExitCode.Unreachable, service.Message, null),
        OperationCanceledException => new(Terminal.ExitCode.Interrupted, "interrupted", null),
        RunConflictException conflict => new(
            Terminal.ExitCode.Usage, conflict.Message, "without --run the file is scored as a run of its own; a run is taken up again with its own file and options"),
        _ when StandardOutput.IsClosed(failure) => new(Terminal.ExitCode.OutputClosed, "standard output was closed by who read it", null),
        IOException or UnauthorizedAccessException => new(Terminal.ExitCode.Failure, failure.Message, null),
        _ => new(Terminal.ExitCode.Failure, $"{failure.GetType().Name}: {failure.Message}", $"{DebugVariable}=1 shows where it came from"),
    };

    /// <summary>Writes an exception's report.</summary>
    public static int Write(CliContext context, Exception failure)
    {
        var report = Of(failure);
        report.Write(context);
        if (!string.IsNullOrEmpty(context.Environment(DebugVariable)))
        {
            context.Error.WriteLine(Secrets.Redact(failure.ToString()));
        }

        return report.ExitCode;
    }

    /// <summary>Writes the line and the hint.</summary>
    public void Write(CliContext context)
    {
        context.Error.WriteLine($"millrace: {OneLine(Message)}");
        if (Hint is not null)
        {
            context.Error.WriteLine($"  hint: {OneLine(Hint)}");
        }
    }

    /// <summary>Whether a store's failure means that it could not be reached or opened.</summary>
    public static bool IsOfStore(Exception failure) => failure is StoreConnectionException or DbException or SocketException or TimeoutException;

    private static string OneLine(string text) => Secrets.Redact(text.ReplaceLineEndings(" ")).TrimEnd();
}
