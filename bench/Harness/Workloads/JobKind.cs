namespace Millrace.Bench.Workloads;

/// <summary>Jobs that are alike, and where they are published to.</summary>
/// <param name="Template">Their body.</param>
/// <param name="RoutingKey">Their routing key.</param>
internal sealed record JobKind(JobTemplate Template, string RoutingKey);
