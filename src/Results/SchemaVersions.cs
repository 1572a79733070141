namespace Millrace.Results;

/// <summary>What the version found says to people; the same words for every store.</summary>
internal static class SchemaVersions
{
    public const string MigrateCommand = "millrace store migrate";

    /// <summary>Refuses a schema that a newer program made: what it means is not known here.</summary>
    public static void RequireNotNewer(string store, int found, int known)
    {
        if (found > known)
        {
            throw new StoreSchemaException(
                $"{store} has schema version {found}, this program knows {known}: it was migrated by a newer one. Update this program.");
        }
    }

    /// <summary>Refuses every schema but the one this program was built for.</summary>
    public static void RequireCurrent(string store, int found, int known)
    {
        RequireNotNewer(store, found, known);
        if (found < known)
        {
            throw new StoreSchemaException(
                found == 0
                    ? $"{store} has no schema of Millrace. Run '{MigrateCommand}' as its owner."
                    : $"{store} has schema version {found}, this program needs {known}. Run '{MigrateCommand}' as its owner.");
        }
    }
}
