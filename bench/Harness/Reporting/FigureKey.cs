namespace Millrace.Bench.Reporting;

/// <summary>What a figure is of.</summary>
/// <param name="Workload">The workload's name.</param>
/// <param name="Measure">The measure's name.</param>
/// <param name="Quantity">What, with its unit.</param>
/// <param name="Contender">The contender's name.</param>
internal sealed record FigureKey(string Workload, string Measure, string Quantity, string Contender);
