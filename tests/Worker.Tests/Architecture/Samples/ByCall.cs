using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByCall;

internal static class Sample
{
    public static int Count() => Counter<int>.Count;
}
