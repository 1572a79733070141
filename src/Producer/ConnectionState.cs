namespace Millrace.Producer;

/// <summary>Whether a client is connected to its broker.</summary>
/// <param name="IsConnected">Whether it is.</param>
/// <param name="Since">Since when that is so; where it never was, since the client began to connect.</param>
/// <param name="Reason">Why not, the latest known; null where it is, and before the first attempt has ended.</param>
internal sealed record ConnectionState(bool IsConnected, DateTimeOffset Since, Exception? Reason);
