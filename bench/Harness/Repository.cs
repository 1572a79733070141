namespace Millrace.Bench;

/// <summary>The checkout that the harness was built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Results => Path.Combine(Root, "bench", "results");

    public static string PerformancePage => Path.Combine(Root, "docs", "performance.md");

    public static string Peer => Path.Combine(Root, "bench", "peer");

    /// <summary>The model repository that holds a model: the one that ships, or the benchmark's own.</summary>
    /// <exception cref="DirectoryNotFoundException">Neither holds it.</exception>
    public static string ModelsOf(string model)
    {
        string[] folders = [Path.Combine(Root, "models"), Path.Combine(Root, "bench", "models")];
        return Array.Find(folders, folder => File.Exists(ModelFile(folder, model)))
            ?? throw new DirectoryNotFoundException($"Model '{model}' is in none of {string.Join(", ", folders)}.");
    }

    public static string ModelFile(string folder, string model) => Path.Combine(folder, model, "1", "model.onnx");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Worker.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Worker.sln is above none of the program's folders.");
        }

        return folder;
    }
}
