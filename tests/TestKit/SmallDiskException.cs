namespace Millrace.TestKit;

/// <summary>No <see cref="SmallDisk"/> can be had here; the message says why. Tests that want one are skipped.</summary>
/// <param name="message">Why.</param>
internal sealed class SmallDiskException(string message) : Exception(message);
