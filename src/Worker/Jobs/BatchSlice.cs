
namespace Millrace.Worker.Jobs;

/// <summary>The rows of one job that run in one batch.</summary>
/// <param name="Job">The job.</param>
/// <param name="FirstRow">The first of them in the job.</param>
/// <param name="Rows">How many.</param>
internal readonly record struct BatchSlice(RunnableJob Job, int FirstRow, int Rows);
