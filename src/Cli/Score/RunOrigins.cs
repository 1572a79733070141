using System.Globalization;
using System.Security.Cryptography;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Scoring;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Mapping;

namespace Millrace.Cli.Score;

/// <summary>Keeps in the store what a run was begun with, and refuses to take one up again with anything else.</summary>
internal sealed class RunOrigins(CliContext context, ClientSession session, StoreChoice choice) : IAsyncDisposable
{
    private const string FileKey = "file";
    private const string RowsPerJobKey = "rows_per_job";
    private const int HeadBytes = 1 << 20;

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    private IResultStore? _served;

    /// <summary>What the run was begun with; null where that is not known.</summary>
    public async Task<RunOrigin?> FindAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (Store() is not { } store)
        {
            await context.Error.WriteLineAsync(
                $"run {runId}: what it was begun with is not known without --store; its first job tells whether it has this file's rows");
            return null;
        }

        return await store.AskOrExplainAsync(() => ((IRunStore)store).FindRunAsync(runId, cancellationToken));
    }

    /// <summary>Keeps what the run is begun with.</summary>
    /// <returns>The same.</returns>
    /// <exception cref="UsageException">It was begun with something else.</exception>
    public async Task<RunOrigin> BeginAsync(RunOrigin origin, CancellationToken cancellationToken)
    {
        if (Store() is not { } store)
        {
            return origin;
        }

        if (await KeepAsync(store, origin, cancellationToken) is { } kept)
        {
            RequireSame(origin, kept);
        }

        return origin;
    }

    /// <summary>What decides what the jobs of a run are.</summary>
    public static RunOrigin Describe(
        Guid runId, string file, Stream input, ModelDescription model, InputMapping mapping, CsvDialect dialect, int rowsPerJob)
    {
        var details = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [FileKey] = Inputs.Name(file),
            ["model_sha256"] = model.Fingerprint,
            ["columns"] = string.Join("; ", mapping.Describe()),
            [RowsPerJobKey] = rowsPerJob.ToString(CultureInfo.InvariantCulture),
            ["decimal"] = dialect.Decimal?.ToString() ?? "",
            ["thousands"] = dialect.Thousands?.ToString() ?? "",
            ["missing"] = dialect.Missing.Value ?? "",
            ["encoding"] = dialect.Encoding?.WebName ?? "",
            ["separator"] = dialect.Separator is { } separator ? ((char)separator).ToString() : "",
            ["header"] = dialect.HasHeader?.ToString(CultureInfo.InvariantCulture) ?? "",
            ["quotes"] = dialect.HasQuotes.ToString(CultureInfo.InvariantCulture),
        };
        if (input is FileStream { CanSeek: true } content)
        {
            details["bytes"] = content.Length.ToString(CultureInfo.InvariantCulture);
            details["sha256_of_first_mib"] = HeadHash(content);
        }

        return new RunOrigin { RunId = runId, ModelName = model.Name, ModelVersion = model.Version, Details = details };
    }

    /// <summary>The rows that a job of the run has; null where that was not kept.</summary>
    public static int? RowsPerJob(RunOrigin? origin) =>
        origin is not null && int.TryParse(origin.Details.GetValueOrDefault(RowsPerJobKey), CultureInfo.InvariantCulture, out var rows) ? rows : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_served is not null)
        {
            await _served.DisposeAsync();
        }
    }

    private async Task<RunOrigin?> KeepAsync(IResultStore store, RunOrigin origin, CancellationToken cancellationToken)
    {
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                return await store.AskOrExplainAsync(() => ((IRunStore)store).BeginRunAsync(origin, cancellationToken));
            }
            catch (StoreUnreachableException failure) when (session.Store is null)
            {
                // The rows are a worker's, elsewhere: this store is only asked for people's sake.
                await context.Error.WriteLineAsync($"run {origin.RunId}: what it is begun with is not kept: {Secrets.Redact(failure.Message)}");
                return null;
            }
            catch (StoreUnreachableException failure) when (failure.Kind == StoreFaultKind.Passing)
            {
                // As the rows do later: another process's lock, for instance.
                if (!isTold)
                {
                    await context.Error.WriteLineAsync($"waiting for the store: {Secrets.Redact(failure.Message)}");
                }

                await Task.Delay(s_wait, context.TimeProvider, cancellationToken);
            }
        }
    }

    private static void RequireSame(RunOrigin here, RunOrigin kept)
    {
        var differences = new List<string>();
        Compare("model", here.ModelName, kept.ModelName);
        Compare("version", here.ModelVersion, kept.ModelVersion);
        // A file may have moved, and a pipe tells nothing of what is in it.
        foreach (var (name, value) in here.Details.Where(detail => detail.Key != FileKey && kept.Details.ContainsKey(detail.Key)))
        {
            Compare(name, value, kept.Details[name]);
        }

        if (differences.Count > 0)
        {
            throw new UsageException(
                $"run {here.RunId} was begun with {kept.Details.GetValueOrDefault(FileKey) ?? "another file"} and differs: {string.Join("; ", differences)}",
                "without --run the file is scored as a run of its own; a run is taken up again with its own file and options");
        }

        void Compare(string name, string value, string begun)
        {
            if (value != begun)
            {
                differences.Add($"{name} is '{value}', the run's is '{begun}'");
            }
        }
    }

    private static string HeadHash(FileStream content)
    {
        var head = new byte[Math.Min(content.Length, HeadBytes)];
        var count = 0;
        for (int read; count < head.Length && (read = RandomAccess.Read(content.SafeFileHandle, head.AsSpan(count), count)) > 0;)
        {
            count += read;
        }

        return Convert.ToHexStringLower(SHA256.HashData(head.AsSpan(0, count)));
    }

    private IResultStore? Store() => session.Store ?? (choice.ConnectionString is null ? null : _served ??= choice.Open(context));
}
