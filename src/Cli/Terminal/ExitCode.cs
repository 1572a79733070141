namespace Millrace.Cli.Terminal;

/// <summary>What the process tells its caller. The numbers above 63 are those of sysexits.h.</summary>
internal static class ExitCode
{
    /// <summary>All was done.</summary>
    public const int Ok = 0;

    /// <summary>It failed, for a reason that has no number of its own.</summary>
    public const int Failure = 1;

    /// <summary>It cannot be done as it was asked.</summary>
    public const int Usage = 2;

    /// <summary>It was done, but some rows or jobs did not succeed.</summary>
    public const int SomeFailed = 3;

    /// <summary>The time was up.</summary>
    public const int TimedOut = 4;

    /// <summary>The broker or the database cannot be reached, or nobody serves the model.</summary>
    public const int Unreachable = 69;

    /// <summary>A setting outside the command line is wrong: the environment's, a model's, the schema's.</summary>
    public const int Configuration = 78;

    /// <summary>Nobody reads standard output any more: the number of a program that SIGPIPE ends.</summary>
    public const int OutputClosed = 141;

    /// <summary>Stopped by Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 130;
}
