using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByCallBehindSwitch;

internal static class Sample
{
    public static int Count(int number)
    {
        switch (number)
        {
            case 0: return 7;
            case 1: return 5;
            case 2: return 3;
            case 3: return 11;
            case 4: return 2;
            default: return Counter<int>.Count;
        }
    }
}
