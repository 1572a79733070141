using Millrace.Cli.Services;

namespace Millrace.Cli.Score;

/// <summary>What a run stands on.</summary>
/// <param name="Broker">The broker; null for the worker in this process.</param>
/// <param name="Models">The models' directory.</param>
/// <param name="ModelName">The model.</param>
/// <param name="Store">The store.</param>
/// <param name="CertificateAuthority">The file with the broker's certificate authority; null for the system's authorities.</param>
internal sealed record ScoreServices(Uri? Broker, string Models, string ModelName, StoreChoice Store, string? CertificateAuthority);
