using Millrace.Contracts;

namespace Millrace.Scoring.Mapping;

/// <summary>How a row of the file becomes a row of one input.</summary>
/// <param name="Name">The input.</param>
/// <param name="Datatype">What its elements are.</param>
/// <param name="Columns">The file's columns that hold them, as indexes, in row-major order.</param>
/// <param name="RowShape">The dimensions behind the batch dimension; of an input without one, all.</param>
internal sealed record InputPlan(string Name, TensorDatatype Datatype, IReadOnlyList<int> Columns, IReadOnlyList<long> RowShape);
