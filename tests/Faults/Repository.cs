namespace Millrace.Faults;

/// <summary>The checkout that the tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Where what the tests leave for people goes.</summary>
    public static string Artifacts => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "faults")).FullName;

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Worker.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Worker.sln is above none of the tests' folders.");
        }

        return folder;
    }
}
