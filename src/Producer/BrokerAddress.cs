using System.Diagnostics.CodeAnalysis;
using Millrace.Contracts;

namespace Millrace.Producer;

/// <summary>An AMQP URI that shows itself without its user and password.</summary>
internal sealed class BrokerAddress
{
    private BrokerAddress(Uri uri) => Uri = uri;

    /// <summary>The whole URI, credentials included.</summary>
    public Uri Uri { get; }

    /// <summary>The port, be it named or the scheme's own.</summary>
    public int Port => AmqpUri.PortOf(Uri);

    /// <summary>Reads an <c>amqp://</c> or <c>amqps://</c> URI.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out BrokerAddress? address)
    {
        address = Uri.TryCreate(text, UriKind.Absolute, out var uri) ? TryCreate(uri) : null;
        return address is not null;
    }

    /// <inheritdoc cref="TryParse"/>
    public static BrokerAddress? TryCreate(Uri uri) =>
        AmqpUri.IsOne(uri) ? new BrokerAddress(uri) : null;

    /// <summary>Such as <c>amqp://localhost:5672/</c>.</summary>
    public override string ToString() => AmqpUri.Describe(Uri);
}
