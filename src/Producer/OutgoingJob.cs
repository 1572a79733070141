using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Producer;

/// <summary>A job as it goes out.</summary>
/// <param name="Id">Its id: the same at every repetition, so that it stays one job.</param>
/// <param name="ModelName">The model whose queue it goes to.</param>
/// <param name="Lane">Which of that model's queues.</param>
/// <param name="Body">The request.</param>
internal sealed record OutgoingJob(Guid Id, string ModelName, Lane Lane, WireBody Body);
