using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByField;

internal sealed record Sample
{
    public IReadOnlyList<Counter<int>[]>? Field { get; init; }
}
