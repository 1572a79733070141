namespace Millrace.FaultyWorker;

/// <summary>Ways to be a worse worker, which the checker must notice (negative controls).</summary>
internal enum Control
{
    /// <summary>None.</summary>
    None,

    /// <summary>Deliveries are acked as they arrive, not once they are committed.</summary>
    AckEarly,

    /// <summary>A reply that no queue takes counts as sent, as if it were not published mandatory.</summary>
    DropMandatory,

    /// <summary>Rows are inserted without looking for their key.</summary>
    Keyless,

    /// <summary>Whatever a commit fails for is taken for the fault of its rows.</summary>
    BlameRows,
}
