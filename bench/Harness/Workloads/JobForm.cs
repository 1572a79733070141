namespace Millrace.Bench.Workloads;

/// <summary>The form that jobs are sent in.</summary>
internal enum JobForm
{
    /// <summary>The protocol's binary tensor extension, as our own producer sends it.</summary>
    Binary,

    /// <summary>JSON, as a client in another language prints it.</summary>
    Json,

    /// <summary>JSON in MassTransit's envelope.</summary>
    Envelope,
}
