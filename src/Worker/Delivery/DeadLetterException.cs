namespace Millrace.Worker.Delivery;

/// <summary>A body that cannot be read did not get to the dead letters, and so its delivery goes back to the broker.</summary>
internal sealed class DeadLetterException(string message) : Exception(message);
