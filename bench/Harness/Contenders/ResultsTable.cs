namespace Millrace.Bench.Contenders;

/// <summary>Where a contender's rows are.</summary>
/// <param name="Database">The database, on the one server.</param>
/// <param name="Name">The table, with its schema.</param>
/// <param name="Truncate">Empties it, and what belongs to it.</param>
internal sealed record ResultsTable(string Database, string Name, string Truncate)
{
    /// <summary>Takes the unique key from Millrace's table.</summary>
    public const string DropKey = """
        DO $$
        BEGIN
            EXECUTE (SELECT 'ALTER TABLE millrace.results DROP CONSTRAINT ' || quote_ident(conname)
                     FROM pg_constraint WHERE conrelid = 'millrace.results'::regclass AND contype = 'p');
        END $$
        """;

    private const string TruncateMillrace = "TRUNCATE millrace.results, millrace.suspects, millrace.cancellations";

    public static ResultsTable Millrace { get; } = new("millrace", "millrace.results", TruncateMillrace);

    /// <summary>The same without its key, in a database of its own.</summary>
    public static ResultsTable Unguarded { get; } = Millrace with { Database = "unguarded" };

    /// <summary>What the programs write that are no Millrace.</summary>
    public static ResultsTable Plain { get; } = new("millrace", "bench.results", "TRUNCATE bench.results");

    /// <summary>Counts the rows, the jobs that they are of, and those that succeeded.</summary>
    public string Count => $"SELECT count(*), count(DISTINCT job_id), count(*) FILTER (WHERE status = 'succeeded') FROM {Name}";

    /// <summary>Makes <see cref="Plain"/>.</summary>
    public static string MakePlain(string login) => $"""
        CREATE SCHEMA bench;
        CREATE TABLE bench.results (job_id uuid, model text, status text, outputs bytea, committed_at timestamptz DEFAULT now());
        GRANT USAGE ON SCHEMA bench TO {login};
        GRANT INSERT ON bench.results TO {login}
        """;
}
