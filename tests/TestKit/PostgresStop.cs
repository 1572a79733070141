namespace Millrace.TestKit;

/// <summary>How Postgres is stopped (<c>pg_ctl stop --mode</c>).</summary>
public enum PostgresStop
{
    /// <summary>Connections are closed, transactions rolled back, and the data written out.</summary>
    Fast,

    /// <summary>Everything ends at once, as in a crash: the next start recovers from the log.</summary>
    Immediate,
}
