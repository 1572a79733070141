using System.CommandLine;
using Millrace.Cli.Terminal;
using Millrace.Contracts.Tls;
using Millrace.Producer;
using Millrace.Scoring;

namespace Millrace.Cli.Services;

/// <summary>Where the broker, the store and the models are: flags first, then the environment, which the worker reads by the same names.</summary>
internal sealed class ServiceOptions
{
    public const string BrokerVariable = "Broker__Uri";
    public const string CertificateAuthorityVariable = "Broker__CertificateAuthority";
    public const string StoreVariable = "Store__ConnectionString";
    public const string StorePathVariable = "Store__Path";
    public const string ModelsVariable = "Models__Directory";

    private const string DefaultStorePath = ".millrace/results.db";
    public const string DefaultModels = "models";

    private readonly Option<string?> _broker = new("--broker")
    {
        Description = $"RabbitMQ as amqp://user:password@host:port/vhost [env: {BrokerVariable}; default: none, work in this process]",
        HelpName = "URI",
    };

    private readonly Option<string?> _certificateAuthority = new("--broker-ca")
    {
        Description = $"PEM file of the authority that issued the broker's certificate, for amqps [env: {CertificateAuthorityVariable}; default: the system's authorities]",
        HelpName = "FILE",
    };

    private readonly Option<string?> _store = new("--store")
    {
        Description = $"Postgres as an Npgsql connection string [env: {StoreVariable}; default: SQLite in {DefaultStorePath}, env: {StorePathVariable}]",
        HelpName = "CONNECTION",
    };

    private readonly Option<string?> _models = new("--models")
    {
        Description = $"Directory of the models [env: {ModelsVariable}; default: {DefaultModels}]",
        HelpName = "DIR",
    };

    /// <summary>Adds <c>--broker</c>, <c>--broker-ca</c> and <c>--models</c> to a command.</summary>
    public ServiceOptions AddServed(Command command)
    {
        command.Add(_broker);
        command.Add(_certificateAuthority);
        command.Add(_models);
        return this;
    }

    /// <summary>Adds <c>--broker</c> and <c>--broker-ca</c> to a command that is nothing without a broker.</summary>
    public ServiceOptions AddBroker(Command command)
    {
        _broker.Description = $"RabbitMQ as amqp://user:password@host:port/vhost [env: {BrokerVariable}]";
        command.Add(_broker);
        command.Add(_certificateAuthority);
        return this;
    }

    /// <summary>Adds <c>--store</c> to a command.</summary>
    public ServiceOptions AddStore(Command command)
    {
        command.Add(_store);
        return this;
    }

    /// <summary>The broker; null where none is set, and the work is done in this process.</summary>
    /// <exception cref="UsageException">What a flag gives is no AMQP URI.</exception>
    /// <exception cref="SettingException">What the environment gives is none.</exception>
    public Uri? Broker(ParseResult arguments, CliContext context)
    {
        var (text, origin) = Setting(arguments, context, _broker, BrokerVariable);
        if (text is null)
        {
            return null;
        }

        return BrokerAddress.TryParse(text, out var address)
            ? address.Uri
            : throw Wrong(origin, $"{origin} is not an AMQP URI", "expected amqp://user:password@host:port/vhost, or amqps:// for TLS");
    }

    /// <summary>The broker, of a command that is nothing without one.</summary>
    /// <exception cref="UsageException">None is set, or what a flag gives is no AMQP URI.</exception>
    /// <exception cref="SettingException">What the environment gives is none.</exception>
    public Uri RequiredBroker(ParseResult arguments, CliContext context) =>
        Broker(arguments, context) ?? throw new UsageException("which broker?", $"give --broker or {BrokerVariable}");

    /// <summary>The file with the broker's certificate authority; null for the system's authorities.</summary>
    /// <exception cref="UsageException">What a flag names cannot be used.</exception>
    /// <exception cref="SettingException">What the environment names cannot be used.</exception>
    public string? CertificateAuthority(ParseResult arguments, CliContext context)
    {
        var (path, origin) = Setting(arguments, context, _certificateAuthority, CertificateAuthorityVariable);
        return path is null || CertificateAuthorities.TryRead(path, out _, out var problem)
            ? path
            : throw Wrong(origin, $"{origin}: {problem}", "expected a PEM file with the certificate of the authority that issued the broker's");
    }

    /// <summary>The store.</summary>
    public StoreChoice Store(ParseResult arguments, CliContext context)
    {
        var (connection, origin) = Setting(arguments, context, _store, StoreVariable);
        return new StoreChoice(connection, origin, Variable(context, StorePathVariable) ?? DefaultStorePath);
    }

    /// <summary>The models' directory.</summary>
    public string Models(ParseResult arguments, CliContext context) =>
        Setting(arguments, context, _models, ModelsVariable).Value ?? DefaultModels;

    /// <summary>A value that cannot be used: the caller's mistake where it came by a flag, else the environment's.</summary>
    public static Exception Wrong(string origin, string message, string hint) =>
        origin.StartsWith('-') ? new UsageException(message, hint) : new SettingException(message, hint);

    private static (string? Value, string Origin) Setting(
        ParseResult arguments, CliContext context, Option<string?> option, string variable) =>
        arguments.GetValue(option) is { } value ? (value, option.Name) : (Variable(context, variable), variable);

    private static string? Variable(CliContext context, string name) => context.Environment(name) is { Length: > 0 } value ? value : null;
}
