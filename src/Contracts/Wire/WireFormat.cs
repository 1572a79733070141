namespace Millrace.Contracts.Wire;

/// <summary>The three forms of a body. A reply comes in the form its job came in.</summary>
public enum WireFormat
{
    /// <summary>The protocol's JSON.</summary>
    Json,

    /// <summary>The protocol's binary tensor data extension: JSON header, then the tensors.</summary>
    Binary,

    /// <summary>MassTransit's JSON envelope around the protocol's JSON.</summary>
    MassTransit,
}
