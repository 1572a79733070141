using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByConstraint;

internal static class Sample
{
    public static T Same<T>(T value)
        where T : IKnown => value;
}
