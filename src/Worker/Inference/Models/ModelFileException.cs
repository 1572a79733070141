namespace Millrace.Worker.Inference.Models;

/// <summary>A model's files cannot be read, or are not those that were loaded at the start; the message is for people.</summary>
internal sealed class ModelFileException(string message, Exception? cause = null) : Exception(message, cause);
