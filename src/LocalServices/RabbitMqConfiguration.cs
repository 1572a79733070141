namespace Millrace.LocalServices;

/// <summary>The files and the environment that keep a broker inside its own folder and on its own ports.</summary>
internal sealed class RabbitMqConfiguration(ServerFolder folder, RabbitMqPrograms programs, bool management)
{
    public const string User = "millrace";

    // The name server is the broker's own, so no other node can have the name, and the data keep it when the ports change.
    private const string NodeName = "millrace@localhost";

    public string Password { get; } = folder.ReadOrMakeSecret("owner.password");

    /// <summary>Writes the files.</summary>
    public void Write(RabbitMqPorts ports)
    {
        folder.MakeFolder("home");
        folder.MakeFolder("mnesia");
        folder.MakeFolder("log");
        var cookie = folder.PathOf("home/.erlang.cookie");
        if (!File.Exists(cookie))
        {
            folder.WriteSecret("home/.erlang.cookie", Secrets.New());
            File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        }

        File.WriteAllText(folder.PathOf("enabled_plugins"), management ? "[rabbitmq_management]." : "[].");
        folder.WriteSecret("rabbitmq.conf", $"""
            listeners.tcp.local = 127.0.0.1:{ports.Amqp}
            default_user = {User}
            default_pass = {Password}
            log.console = false
            disk_free_limit.absolute = 200MB
            {(management ? $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {ports.Management}" : "")}
            """);
        using var advanced = File.Create(folder.PathOf("advanced.config"));
        typeof(RabbitMqConfiguration).Assembly.GetManifestResourceStream("advanced.config")!.CopyTo(advanced);
    }

    public LocalProgram Epmd(RabbitMqPorts ports) => new()
    {
        Name = "epmd",
        Path = programs.Epmd,
        Arguments = ["-port", $"{ports.Epmd}", "-address", "127.0.0.1"],
        LogPath = folder.PathOf("epmd.log"),
    };

    public LocalProgram Broker(RabbitMqPorts ports) => new()
    {
        Name = "RabbitMQ",
        Path = programs.Server,
        Arguments = [],
        LogPath = folder.PathOf("rabbitmq.log"),
        SetEnvironment = environment => SetEnvironment(environment, ports),
    };

    public LocalProgram Control(RabbitMqPorts ports, IReadOnlyList<string> arguments) => new()
    {
        Name = "rabbitmqctl",
        Path = programs.Control,
        Arguments = arguments,
        LogPath = folder.PathOf("rabbitmqctl.log"),
        SetEnvironment = environment => SetEnvironment(environment, ports),
    };

    private void SetEnvironment(IDictionary<string, string?> environment, RabbitMqPorts ports)
    {
        foreach (var name in environment.Keys.Where(name => name.StartsWith("RABBITMQ_", StringComparison.Ordinal)).ToArray())
        {
            environment.Remove(name);
        }

        // As systemd's service the script becomes the broker instead of waiting for it as a child, which our death signal would miss.
        // Whoever started this process as a service must not hear of this broker, though.
        environment.Remove("NOTIFY_SOCKET");
        environment["RUNNING_UNDER_SYSTEMD"] = "true";

        environment["HOME"] = folder.PathOf("home");
        environment["ERL_EPMD_PORT"] = $"{ports.Epmd}";
        environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        environment["RABBITMQ_NODENAME"] = NodeName;
        environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        environment["RABBITMQ_NODE_PORT"] = $"{ports.Amqp}";
        environment["RABBITMQ_DIST_PORT"] = $"{ports.Distribution}";
        environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
        environment["RABBITMQ_CONFIG_FILE"] = folder.PathOf("rabbitmq.conf");
        environment["RABBITMQ_ADVANCED_CONFIG_FILE"] = folder.PathOf("advanced.config");
        environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = folder.PathOf("enabled_plugins");
        environment["RABBITMQ_MNESIA_BASE"] = folder.PathOf("mnesia");
        environment["RABBITMQ_FEATURE_FLAGS_FILE"] = folder.PathOf("mnesia/feature_flags");
        environment["RABBITMQ_GENERATED_CONFIG_DIR"] = folder.PathOf("mnesia/config");
        environment["RABBITMQ_LOG_BASE"] = folder.PathOf("log");
        environment["RABBITMQ_PID_FILE"] = folder.PathOf("rabbitmq.pid");
        // The broker shares this machine with the worker and the database, on which idle schedulers that spin would take their time.
        environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
            "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none";
    }
}
