namespace Millrace.Worker.Inference.Sessions;

/// <summary>A run was stopped because it took longer than the model's <c>run_timeout</c>.</summary>
internal sealed class RunTimeoutException(TimeSpan limit, Exception fault)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"stopped after the model's run_timeout of {limit.TotalMilliseconds:0.###} ms"), fault)
{
    public TimeSpan Limit { get; } = limit;
}
