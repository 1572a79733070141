namespace Millrace.LocalServices;

/// <summary>Who runs a server. Postgres refuses to run as root, so there it runs as nobody.</summary>
internal sealed record ServerUser
{
    // The kernel's overflow id, which Linux distributions name nobody.
    private const int NobodyId = 65534;

    private ServerUser()
    {
    }

    /// <summary>The user of this process.</summary>
    public static ServerUser Same { get; } = new();

    /// <summary>Nobody, who owns no file but those given to it.</summary>
    public static ServerUser Nobody { get; } = new()
    {
        LauncherArguments = [$"--reuid={NobodyId}", $"--regid={NobodyId}", "--clear-groups"],
        Owner = $"{NobodyId}:{NobodyId}",
    };

    /// <summary>Arguments of setpriv that make a process this user's.</summary>
    public IReadOnlyList<string> LauncherArguments { get; private init; } = [];

    /// <summary>The user and group, as chown takes them; null where files are the user's own already.</summary>
    public string? Owner { get; private init; }

    /// <summary>The user that Postgres can run as.</summary>
    public static ServerUser ForPostgres() => Environment.IsPrivilegedProcess ? Nobody : Same;
}
