using Millrace.Contracts;

namespace Millrace.Scoring.Sinks;

/// <summary>The reply to rows that were one job.</summary>
/// <param name="RowCount">How many rows.</param>
/// <param name="Result">What came back.</param>
internal readonly record struct RowsReply(int RowCount, PredictionResult Result);
