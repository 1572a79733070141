using System.Collections.ObjectModel;

namespace Millrace.LocalServices;

/// <summary>How a private Postgres is started.</summary>
public sealed record LocalPostgresOptions
{
    /// <summary>Where its data and log are kept. A folder that a server has used before gives it its databases back.</summary>
    /// <value>Default: null, a temporary folder that is deleted at the end.</value>
    public string? Folder { get; init; }

    /// <summary>The port, on 127.0.0.1.</summary>
    /// <value>Default: null, a free one.</value>
    public int? Port { get; init; }

    /// <summary>The database that <see cref="LocalPostgres.ConnectionString"/> names; made where it is missing.</summary>
    /// <value>Default: <c>millrace</c>.</value>
    public string Database { get; init; } = "millrace";

    /// <summary>Settings of postgresql.conf, over those that this library needs and Postgres's defaults.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>How long the server may take until it accepts connections.</summary>
    /// <value>Default: 2 minutes: a busy machine takes long.</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
