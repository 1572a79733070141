namespace Millrace.LocalServices;

/// <summary>Finds the servers' programs where Debian, other distributions and hand installations put them.</summary>
internal static class Programs
{
    private const string PostgresMissing =
        "Postgres is not installed here: neither in PATH nor in /usr/lib/postgresql. Install it (Debian: apt-get install postgresql).";

    private const string RabbitMqMissing =
        "RabbitMQ is not installed here: neither in /usr/lib/rabbitmq nor in PATH. Install it (Debian: apt-get install rabbitmq-server).";

    private static readonly string[] s_launcher = ["setsid", "setpriv"];

    /// <summary>The folder with Postgres's <c>postgres</c> and <c>initdb</c>; of several versions the newest.</summary>
    /// <exception cref="LocalServiceException">There is none.</exception>
    public static string FindPostgresFolder() =>
        Versions("/usr/lib/postgresql", "bin")
            .Concat(["/usr/pgsql/bin", "/usr/local/pgsql/bin"])
            .Concat(SearchPath())
            .FirstOrDefault(folder => IsThere(Path.Combine(folder, "postgres")) && IsThere(Path.Combine(folder, "initdb")))
        ?? throw new LocalServiceException(PostgresMissing);

    /// <summary>
    /// RabbitMQ's own start script. The one that Debian puts in PATH is a wrapper that switches to a user of its own and to the machine's
    /// broker, so it comes last and the wrapped one first.
    /// </summary>
    /// <exception cref="LocalServiceException">There is none.</exception>
    public static string FindRabbitMqServer() =>
        Versions("/usr/lib/rabbitmq/lib", "sbin")
            .Concat(["/opt/rabbitmq/sbin"])
            .Concat(SearchPath())
            .Select(folder => Path.Combine(folder, "rabbitmq-server"))
            .FirstOrDefault(IsThere)
        ?? throw new LocalServiceException(RabbitMqMissing);

    /// <summary>Erlang's name server, which every broker needs one of.</summary>
    /// <exception cref="LocalServiceException">There is none.</exception>
    public static string FindEpmd() =>
        SearchPath()
            .Concat(Versions("/usr/lib/erlang", "bin"))
            .Select(folder => Path.Combine(folder, "epmd"))
            .FirstOrDefault(IsThere)
        ?? throw new LocalServiceException("epmd, a part of Erlang, is not in PATH. Install it (Debian: apt-get install erlang-base).");

    /// <summary>Requires what starts every server in its own session and ends it with this process.</summary>
    /// <exception cref="LocalServiceException">This is no Linux, or util-linux is missing.</exception>
    public static void RequireLauncher()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new LocalServiceException("Private servers are started on Linux only. Give the connection strings of running ones instead.");
        }

        foreach (var program in s_launcher)
        {
            if (!IsInPath(program))
            {
                throw new LocalServiceException($"{program} is not in PATH. Install it (Debian: apt-get install util-linux).");
            }
        }
    }

    /// <summary>Whether PATH leads to a program.</summary>
    public static bool IsInPath(string program) => SearchPath().Any(folder => IsThere(Path.Combine(folder, program)));

    /// <summary>Whether a file is there that can be run: a link that leads nowhere is one for <see cref="File.Exists"/>.</summary>
    public static bool IsThere(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is not { Exists: false };
        }
        catch (IOException)
        {
            // Links that lead round in a circle, or a file that has gone meanwhile.
            return false;
        }
    }

    private static IEnumerable<string> Versions(string folder, string below) =>
        Directory.Exists(folder)
            ? Directory.GetDirectories(folder).OrderByDescending(VersionOf).Select(version => Path.Combine(version, below))
            : [];

    // "15", "rabbitmq_server-3.10.8", "erts-13.1.5"
    private static Version VersionOf(string folder)
    {
        var name = Path.GetFileName(folder);
        var text = name[(name.LastIndexOf('-') + 1)..];
        return Version.TryParse(text.Contains('.', StringComparison.Ordinal) ? text : text + ".0", out var version) ? version : new Version();
    }

    private static string[] SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
}
