using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByCatch;

internal static class Sample
{
    public static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (KnownException)
        {
            return false;
        }
    }
}
