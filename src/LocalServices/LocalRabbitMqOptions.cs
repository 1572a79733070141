namespace Millrace.LocalServices;

/// <summary>How a private RabbitMQ is started.</summary>
public sealed record LocalRabbitMqOptions
{
    /// <summary>Where its data and logs are kept. A folder that a server has used before gives it its queues and messages back.</summary>
    /// <value>Default: null, a temporary folder that is deleted at the end.</value>
    public string? Folder { get; init; }

    /// <summary>The AMQP port, on 127.0.0.1.</summary>
    /// <value>Default: null, a free one.</value>
    public int? Port { get; init; }

    /// <summary>Whether to load the management plugin, whose HTTP API makes virtual hosts and closes connections.</summary>
    /// <value>Default: false: it costs a second at start, and time with every message.</value>
    public bool Management { get; init; }

    /// <summary>How long the server may take until it accepts connections.</summary>
    /// <value>Default: 2 minutes: a busy machine takes long.</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
