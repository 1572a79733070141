using Millrace.Cli.Terminal;
using Millrace.Results;
using Millrace.Scoring;

namespace Millrace.Cli.Services;

/// <summary>Which store a command uses.</summary>
/// <param name="ConnectionString">Of Postgres; null for SQLite.</param>
/// <param name="Origin">The flag or variable that said so.</param>
/// <param name="Path">SQLite's file.</param>
internal sealed record StoreChoice(string? ConnectionString, string Origin, string Path)
{
    /// <summary>Opens the store, which connects to nothing yet.</summary>
    /// <exception cref="UsageException">What a flag gives is no connection string.</exception>
    /// <exception cref="SettingException">What the environment gives is none.</exception>
    public IResultStore Open(CliContext context)
    {
        if (ConnectionString is null)
        {
            return context.OpenSqlite(Path);
        }

        try
        {
            return context.OpenPostgres(ConnectionString);
        }
        catch (ArgumentException)
        {
            // Its text may quote the string, and that holds a password.
            throw ServiceOptions.Wrong(
                Origin, $"{Origin} is not an Npgsql connection string", "expected Host=…;Port=5432;Database=…;Username=… and so on");
        }
    }

    /// <summary>Opens a store that is to be read: SQLite's file must be there already.</summary>
    public IResultStore OpenExisting(CliContext context) =>
        ConnectionString is not null || File.Exists(Path)
            ? Open(context)
            : throw new UsageException(
                $"there are no results yet in {Path}",
                $"score a file first, or say where they are: --store or {ServiceOptions.StoreVariable} for Postgres, {ServiceOptions.StorePathVariable} for a SQLite file");
}
