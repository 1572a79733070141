namespace Millrace.Bench;

/// <summary>One thing that is measured.</summary>
internal interface IMeasure
{
    string Name { get; }

    Task RunAsync(Site site, Report report, CancellationToken cancellationToken);
}
