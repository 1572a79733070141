using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByTypeArgument;

internal static class Sample
{
    public static object None() => Array.Empty<IKnown>();
}
