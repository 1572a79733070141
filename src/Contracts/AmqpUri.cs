namespace Millrace.Contracts;

/// <summary>What an address of a broker says, and what it may be told of to people: it may hold a password.</summary>
internal static class AmqpUri
{
    /// <summary>Whether it is one: absolute, <c>amqp</c> or <c>amqps</c>, with a host.</summary>
    public static bool IsOne(Uri uri) => uri.IsAbsoluteUri && uri is { Scheme: "amqp" or "amqps", Host.Length: > 0 };

    /// <summary>The port, be it named or the scheme's own.</summary>
    public static int PortOf(Uri uri) => uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672;

    /// <summary>Such as <c>amqp://localhost:5672/</c>: without user and password.</summary>
    public static string Describe(Uri uri) => $"{uri.Scheme}://{uri.Host}:{PortOf(uri)}{uri.AbsolutePath}";
}
