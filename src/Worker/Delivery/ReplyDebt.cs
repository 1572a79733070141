namespace Millrace.Worker.Delivery;

/// <summary>Whether a delivery owes its job's caller the first reply, so that the row says so where there is none.</summary>
internal enum ReplyDebt
{
    /// <summary>It does: its own commit made the row.</summary>
    First,

    /// <summary>A worker had the job before and the row was there: that one may have answered before it was lost, or not.</summary>
    Unknown,

    /// <summary>It does not: the job was sent again, or the id was, and whoever made the row owes the reply.</summary>
    None,
}
