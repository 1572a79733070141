namespace Millrace.Faults;

/// <summary>A way in which a database that runs takes no connections of the workers any more.</summary>
/// <param name="Name">For the history and the table.</param>
/// <param name="BeginAsync">Closes it. Connections that are there go on until they are cut.</param>
/// <param name="EndAsync">Opens it again.</param>
internal sealed record Closing(string Name, Func<CancellationToken, Task> BeginAsync, Func<CancellationToken, Task> EndAsync);
