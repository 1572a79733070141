using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByLambda;

internal static class Sample
{
    public static async Task<object> MakeAsync(Task before)
    {
        await before;
        Func<object> make = static () => new KnownException();
        return make();
    }
}
