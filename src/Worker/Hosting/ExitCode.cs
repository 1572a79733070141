namespace Millrace.Worker.Hosting;

/// <summary>The process's exit codes, those of sysexits.h where there is one.</summary>
public static class ExitCode
{
    /// <summary>All is well.</summary>
    public const int Ok = 0;

    /// <summary>Something failed.</summary>
    public const int Failure = 1;

    /// <summary>EX_CONFIG: the configuration, the models or the store's schema are not right.</summary>
    public const int Configuration = 78;
}
