using System.Globalization;

namespace Millrace.FaultyWorker;

/// <summary>What this process does wrong.</summary>
/// <param name="KillAt">Where it kills itself; null for nowhere.</param>
/// <param name="Passage">At which passage of that point, from 1.</param>
/// <param name="Control">The negative control that it is.</param>
internal sealed record Fault(FaultPoint? KillAt, int Passage, Control Control)
{
    /// <summary>Reads <c>MILLRACE_FAULT_KILL_AT</c>, <c>MILLRACE_FAULT_PASSAGE</c> and <c>MILLRACE_FAULT_CONTROL</c>.</summary>
    /// <exception cref="ArgumentException">One of them is none of its words.</exception>
    /// <exception cref="FormatException">The passage is no number.</exception>
    public static Fault FromEnvironment()
    {
        var point = Environment.GetEnvironmentVariable("MILLRACE_FAULT_KILL_AT");
        var passage = Environment.GetEnvironmentVariable("MILLRACE_FAULT_PASSAGE");
        var control = Environment.GetEnvironmentVariable("MILLRACE_FAULT_CONTROL");
        return new Fault(
            string.IsNullOrEmpty(point) ? null : Enum.Parse<FaultPoint>(point),
            string.IsNullOrEmpty(passage) ? 1 : int.Parse(passage, CultureInfo.InvariantCulture),
            string.IsNullOrEmpty(control) ? Control.None : Enum.Parse<Control>(control));
    }
}
