using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// What it means that no connection could be opened. Whatever the code, it is about the server and the way to it, never about a row. What
/// only a change of the configuration can mend is told from what may pass: at its start a worker ends for the first and waits for the second.
/// </summary>
internal static class ConnectingFaults
{
    /// <summary>Explains an error of opening.</summary>
    /// <param name="failure">Npgsql's error.</param>
    /// <param name="description">What to call the store.</param>
    /// <param name="hasSeveralHosts">Whether the connection string lists several.</param>
    public static StoreFault Explain(Exception failure, string description, bool hasSeveralHosts)
    {
        var (kind, reason) = Of(failure, hasSeveralHosts);
        return new StoreFault(kind, $"{description}: {reason}");
    }

    /// <summary>The TLS error in it, if that is what it is.</summary>
    public static AuthenticationException? TlsFault(Exception failure) => failure switch
    {
        AuthenticationException tls => tls,
        AggregateException several => several.InnerExceptions.Select(TlsFault).FirstOrDefault(tls => tls is not null),
        { InnerException: { } inner } => TlsFault(inner),
        _ => null,
    };

    private static (StoreFaultKind Kind, string Reason) Of(Exception failure, bool hasSeveralHosts) => failure switch
    {
        PostgresException refusal => OfRefusal(refusal),
        NpgsqlException { InnerException: AggregateException several } => OfHosts(several),
        NpgsqlException { InnerException: NpgsqlException inner } => Of(inner, hasSeveralHosts),
        { InnerException: AuthenticationException } => (StoreFaultKind.Setup, "TLS failed; the server's certificate is not accepted"),
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or CryptographicException =>
            (StoreFaultKind.Setup, $"a certificate of the connection string cannot be read: {failure.Message}"),
        SocketException socket => (StoreFaultKind.Passing, OfSocket(socket)),
        TimeoutException => (StoreFaultKind.Passing, "no connection came about within the connection string's Timeout"),
        IOException => (StoreFaultKind.Passing, "the connection was cut while it was opened; a server that starts or ends, or something else than Postgres on that port"),
        // The driver's own word on several hosts: none of them is up, or none is what Target Session Attributes asks for.
        NpgsqlException { InnerException: null } when hasSeveralHosts =>
            (StoreFaultKind.Passing, "none of the hosts is up and takes writes (Target Session Attributes)"),
        // And on one: no TLS there, no password given, no Postgres behind the port.
        NpgsqlException { InnerException: null } => (StoreFaultKind.Setup, failure.Message),
        ArgumentException or NotSupportedException => (StoreFaultKind.Setup, $"the connection string: {failure.Message}"),
        { InnerException: { } inner } => Of(inner, hasSeveralHosts),
        _ => (StoreFaultKind.Passing, $"{failure.GetType().Name}: {failure.Message}"),
    };

    private static (StoreFaultKind Kind, string Reason) OfHosts(AggregateException hosts)
    {
        var all = hosts.InnerExceptions.Select(fault => Of(fault, hasSeveralHosts: false)).Distinct().ToArray();
        return (
            Array.TrueForAll(all, one => one.Kind == StoreFaultKind.Setup) ? StoreFaultKind.Setup : StoreFaultKind.Passing,
            $"none of the hosts: {string.Join("; ", all.Select(one => one.Reason))}");
    }

    private static (StoreFaultKind Kind, string Reason) OfRefusal(PostgresException refusal)
    {
        var text = $"{refusal.SqlState}: {refusal.MessageText}";
        return refusal.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName =>
                (StoreFaultKind.Setup, $"{text}. Check the user, the password and the database of the connection string."),
            PostgresErrorCodes.InsufficientPrivilege => (StoreFaultKind.Setup, $"{text}. Let the owner run: GRANT CONNECT ON DATABASE name TO login;"),
            // A parameter of the connection string that the server does not know or take.
            ['2', '2', ..] or ['4', '2', ..] or ['0', 'A', ..] => (StoreFaultKind.Setup, $"{text}. Check the options of the connection string."),
            PostgresErrorCodes.CannotConnectNow => (StoreFaultKind.Passing, $"the server starts or ends ({text})"),
            PostgresErrorCodes.TooManyConnections => (StoreFaultKind.Passing, $"no connection is free there ({text})"),
            PostgresErrorCodes.ObjectNotInPrerequisiteState => (StoreFaultKind.Passing, $"the database takes no connections now ({text})"),
            _ => (StoreFaultKind.Passing, text),
        };
    }

    private static string OfSocket(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "the connection was refused: nothing listens there",
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => $"the host's name cannot be resolved ({fault.Message})",
        SocketError.TimedOut => "the host does not answer",
        SocketError.ConnectionReset => "the connection was reset while it was opened",
        _ => $"the host cannot be reached ({fault.Message})",
    };
}
