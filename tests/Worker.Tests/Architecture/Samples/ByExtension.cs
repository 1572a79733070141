using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByExtension;

internal static class Sample
{
    public static int Four() => 2.Twice();
}
