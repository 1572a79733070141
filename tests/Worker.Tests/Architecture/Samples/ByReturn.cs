using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByReturn;

internal interface ISample
{
    Task<IKnown> FindAsync(CancellationToken cancellationToken);
}
