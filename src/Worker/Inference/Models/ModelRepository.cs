using Millrace.Contracts;

namespace Millrace.Worker.Inference.Models;

/// <summary>Reads the model repository's folders without opening a session. All errors are collected.</summary>
internal static class ModelRepository
{
    /// <summary>Name of the file that says more of a model, in its folder.</summary>
    public const string ConfigFile = "model.json";

    // Thousands of labels fit many times over.
    private const long MostConfigBytes = 16 * 1024 * 1024;

    /// <param name="directory">The repository.</param>
    /// <param name="names">The models to read; none means all.</param>
    /// <param name="providers">The execution providers that a <c>model.json</c> may name.</param>
    /// <param name="errors">Gets what is wrong.</param>
    public static IReadOnlyList<ModelFolder> Read(
        string directory, IReadOnlyCollection<string> names, IReadOnlyList<string> providers, List<string> errors)
    {
        if (!Directory.Exists(directory))
        {
            errors.Add($"Models:Directory: the folder '{directory}' does not exist");
            return [];
        }

        if (ModelLayout.Misplaced(directory) is { } elsewhere)
        {
            errors.Add($"Models:Directory: '{directory}' holds no model; expected {ModelLayout.Expected}; {elsewhere}");
            return [];
        }

        var folders = new List<ModelFolder>();
        foreach (var path in FoldersIn(directory, "Models:Directory", errors))
        {
            var name = Path.GetFileName(path);
            if ((names.Count == 0 || names.Contains(name)) && ReadFolder(name, path, providers, errors) is { } folder)
            {
                folders.Add(folder);
            }
        }

        foreach (var name in names.Where(name => !Directory.Exists(Path.Combine(directory, name))))
        {
            errors.Add($"model '{name}': no such folder in '{directory}'{ModelLayout.ForFileIn(directory, name)}");
        }

        if (folders.Count == 0 && errors.Count == 0)
        {
            errors.Add($"Models:Directory: '{directory}' holds no model; expected {ModelLayout.Expected}{ModelLayout.ForFileIn(directory, null)}");
        }

        return folders;
    }

    private static ModelFolder? ReadFolder(string name, string path, IReadOnlyList<string> providers, List<string> errors)
    {
        var before = errors.Count;
        var (versions, passedOver) = (new List<string>(), new List<string>());
        foreach (var folder in FoldersIn(path, $"model '{name}'", errors))
        {
            ReadVersion(name, folder, versions, passedOver, errors);
        }

        if (errors.Count == before && versions.Count == 0)
        {
            errors.Add($"model '{name}': no VERSION/model.onnx in '{path}' (a version is a whole number){Because(passedOver)}{ModelLayout.ForFileWithoutVersion(path)}");
        }

        if (errors.Count > before)
        {
            return null;
        }

        if (!BrokerNames.IsModelName(name))
        {
            errors.Add($"model '{name}': not a model's name; expected 1 to 100 of A-Z a-z 0-9 . _ -, not 'dead', not ending in '.bulk'");
            return null;
        }

        versions.Sort(VersionOrder.Instance);
        var config = ReadConfig(name, Path.Combine(path, ConfigFile), providers, errors);
        return config is null ? null : new ModelFolder(name, path, config, versions, passedOver);
    }

    /// <summary>No folder that may have been meant as a version is left out without a word: an older one would answer in its place.</summary>
    private static void ReadVersion(string name, string folder, List<string> versions, List<string> passedOver, List<string> errors)
    {
        var version = Path.GetFileName(folder);
        bool hasGraph;
        try
        {
            hasGraph = Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) == "model.onnx");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            errors.Add($"model '{name}': {folder} cannot be read: {fault.Message}");
            return;
        }

        if (!VersionOrder.IsVersion(version))
        {
            if (hasGraph)
            {
                passedOver.Add($"folder '{version}' holds a model.onnx, but its name is no whole number");
            }
        }
        else if (!hasGraph)
        {
            passedOver.Add($"folder '{version}' holds no model.onnx");
        }
        else if (VersionOrder.Canonical(version) is var canonical && canonical != version)
        {
            errors.Add($"model '{name}': version folder '{version}' has leading zeros; expected '{canonical}' (rename it)");
        }
        else
        {
            versions.Add(version);
        }
    }

    private static IReadOnlyList<string> FoldersIn(string directory, string what, List<string> errors)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(directory).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{what}: '{directory}' cannot be read: {fault.Message}");
            return [];
        }
    }

    private static string Because(List<string> passedOver) => passedOver.Count == 0 ? "" : $"; {string.Join("; ", passedOver)}";

    private static ModelConfig? ReadConfig(string name, string file, IReadOnlyList<string> providers, List<string> errors)
    {
        // Also a link that leads nowhere is meant to be read.
        if (!Path.Exists(file) && new FileInfo(file).LinkTarget is null)
        {
            return new ModelConfig();
        }

        try
        {
            void Tell(string problem) => errors.Add($"model '{name}': {file}: {problem}");
            var before = errors.Count;
            if (ModelJson.Read(RegularFile.Read(file, MostConfigBytes), Tell) is { } config)
            {
                ModelConfigRules.Check(config, providers, Tell);
                return errors.Count == before ? config : null;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            errors.Add($"model '{name}': {file}: cannot be read: {fault.Message}");
        }

        return null;
    }
}
