using Millrace.Contracts;

namespace Millrace.Worker.Jobs;

/// <summary>One of a graph's outputs, as far as a job's own must fit it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">What an element is.</param>
internal sealed record OutputSlot(string Name, TensorDatatype Datatype);
