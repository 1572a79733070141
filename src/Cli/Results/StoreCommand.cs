using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Results;

namespace Millrace.Cli.Results;

/// <summary><c>millrace store</c>: what the owner of the store does.</summary>
internal static class StoreCommand
{
    public static Command Create(CliContext context)
    {
        var migrate = new Command("migrate", "Bring the store's schema to this version, as its owner. The worker's own role cannot.");
        var lockTimeout = TimeoutOption.Create("--lock-timeout", "How long to wait for another migration", new MigrationOptions().LockTimeout);
        migrate.Add(lockTimeout);
        var migrated = new ServiceOptions().AddStore(migrate);
        migrate.SetAction(async (arguments, cancellationToken) =>
        {
            await using var store = migrated.Store(arguments, context).Open(context);
            await store.MigrateOrExplainAsync(
                new MigrationOptions { LockTimeout = lockTimeout.Of(arguments), OnWaiting = context.Error.WriteLine }, cancellationToken);
            await context.Error.WriteLineAsync($"{store.Description}: the schema is the one of this version.");
            return ExitCode.Ok;
        });

        var check = new Command("check", "Check that the store can be reached, has this version's schema, and takes rows.");
        var checkedOptions = new ServiceOptions().AddStore(check);
        check.SetAction(async (arguments, cancellationToken) =>
        {
            await using var store = checkedOptions.Store(arguments, context).OpenExisting(context);
            await store.CheckOrExplainAsync(cancellationToken);
            await context.Error.WriteLineAsync($"{store.Description}: in order.");
            return ExitCode.Ok;
        });

        return new Command("store", "Migrate or check the store of results.") { migrate, check };
    }
}
