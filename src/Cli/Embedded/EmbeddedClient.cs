using Millrace.Contracts;
using Millrace.Producer;

namespace Millrace.Cli.Embedded;

/// <summary>A client whose worker is in this process.</summary>
/// <param name="Client">Sends to it, and stops it when it is disposed of.</param>
/// <param name="Describe">What it says of a model, by its name and version (null for the newest); null where it serves no such one.</param>
internal sealed record EmbeddedClient(MillraceClient Client, Func<string, string?, ModelDescription?> Describe)
{
    /// <summary>Starts the worker: loads the models and takes jobs from then on.</summary>
    public static async Task<EmbeddedClient> StartAsync(EmbeddedModels models, MillraceClientOptions options, CancellationToken cancellationToken)
    {
        var transport = await EmbeddedTransport.StartAsync(models, cancellationToken);
        return new EmbeddedClient(new MillraceClient(transport, options), transport.Describe);
    }
}
