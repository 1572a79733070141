using Millrace.Results;

namespace Millrace.Cli.Services;

/// <summary>Calls to the store that say which store it was when it fails.</summary>
internal static class StoreCalls
{
    /// <summary>Brings the schema to this version.</summary>
    /// <exception cref="StoreUnreachableException">The store could not be reached.</exception>
    /// <exception cref="StoreLockedException">Somebody has kept the migrations' lock for too long.</exception>
    /// <exception cref="SettingException">SQLite's file cannot be made there.</exception>
    public static async Task MigrateOrExplainAsync(this IResultStore store, MigrationOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await store.MigrateAsync(options, cancellationToken);
        }
        catch (Exception failure) when (ErrorReport.IsOfStore(failure))
        {
            throw StoreUnreachableException.Of(store, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"no file for the results can be made: {failure.Message}", $"{ServiceOptions.StorePathVariable} names another one");
        }
    }

    /// <summary>Checks the schema.</summary>
    /// <exception cref="StoreUnreachableException">The store could not be reached.</exception>
    public static async Task CheckOrExplainAsync(this IResultStore store, CancellationToken cancellationToken)
    {
        try
        {
            await store.CheckAsync(cancellationToken);
        }
        catch (Exception failure) when (ErrorReport.IsOfStore(failure))
        {
            throw StoreUnreachableException.Of(store, failure);
        }
    }

    /// <summary>Asks something.</summary>
    /// <exception cref="StoreUnreachableException">The store could not be reached.</exception>
    public static async Task<T> AskOrExplainAsync<T>(this IResultStore store, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception failure) when (ErrorReport.IsOfStore(failure))
        {
            throw StoreUnreachableException.Of(store, failure);
        }
    }

    /// <summary>Reads what a query gives, to its end.</summary>
    /// <exception cref="StoreUnreachableException">The store could not be reached.</exception>
    public static async Task ReadOrExplainAsync<T>(
        this IResultStore store, IAsyncEnumerable<T> rows, Action<T> take, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                take(row);
            }
        }
        catch (Exception failure) when (ErrorReport.IsOfStore(failure))
        {
            throw StoreUnreachableException.Of(store, failure);
        }
    }
}
