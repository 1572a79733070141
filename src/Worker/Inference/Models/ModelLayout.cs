namespace Millrace.Worker.Inference.Models;

/// <summary>Says where the files of models belong, and what to type where they lie elsewhere.</summary>
public static class ModelLayout
{
    /// <summary>How the files of a model repository lie.</summary>
    public const string Expected = "NAME/VERSION/model.onnx, such as iris/1/model.onnx";

    /// <summary>What to do where the repository's own folder holds a model's file; nothing where it holds none.</summary>
    /// <param name="directory">The repository.</param>
    /// <param name="name">The model that is looked for; null for any.</param>
    public static string ForFileIn(string directory, string? name)
    {
        var file = Files(directory, "*.onnx").FirstOrDefault(
            path => name is null || Path.GetFileNameWithoutExtension(path) == name || Path.GetFileName(path) == name);
        return file is null
            ? ""
            : $"; found '{Path.GetFileName(file)}' there: {Move(file, Path.Combine(directory, Path.GetFileNameWithoutExtension(file), "1"))}";
    }

    /// <summary>What to do where a model's folder holds its file without a folder for the version; nothing where it holds none.</summary>
    /// <param name="folder">The model's folder.</param>
    public static string ForFileWithoutVersion(string folder)
    {
        var file = Files(folder, "*.onnx").OrderBy(path => Path.GetFileName(path) != "model.onnx").FirstOrDefault();
        return file is null
            ? ""
            : $"; found '{Path.GetFileName(file)}' in the model's own folder, and it belongs in one of its version: {Move(file, Path.Combine(folder, "1"))}";
    }

    /// <summary>
    /// Where the repository is, if a folder is not one but lies in one, or around one: the command or the worker was sent a step too deep, or too
    /// shallow, and nothing need be moved. Null where the folder holds a model, or nothing that looks like a part of a repository.
    /// </summary>
    /// <param name="directory">The folder that was named.</param>
    public static string? Misplaced(string directory)
    {
        try
        {
            var folders = Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal).ToList();
            if (folders.Exists(IsModel))
            {
                return null;
            }

            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
            return IsVersion(full) ? Say(Above(Above(directory)), $"it is the folder of version {Path.GetFileName(full)} of model '{Path.GetFileName(Path.GetDirectoryName(full))}'")
                : IsModel(full) ? Say(Above(directory), $"it is the folder of model '{Path.GetFileName(full)}'")
                : folders.Find(folder => Directory.EnumerateDirectories(folder).Any(IsModel)) is { } below ? Say(below, $"the models lie in '{below}'")
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Whoever needs the folder is told why it cannot be read.
            return null;
        }
    }

    private static string Say(string repository, string what) => $"{what}: --models {repository} (of a worker: Models:Directory)";

    private static bool IsModel(string folder) => Directory.EnumerateDirectories(folder).Any(IsVersion);

    private static bool IsVersion(string folder) => VersionOrder.IsVersion(Path.GetFileName(folder)) && File.Exists(Path.Combine(folder, "model.onnx"));

    /// <summary>The folder around one, as short as it was typed.</summary>
    private static string Above(string directory)
    {
        var typed = Path.TrimEndingDirectorySeparator(directory);
        return Path.GetFileName(typed) is "" or "." or ".." ? Path.GetDirectoryName(Path.GetFullPath(typed)) ?? typed
            : Path.GetDirectoryName(typed) is { Length: > 0 } above ? above
            : ".";
    }

    private static string Move(string file, string version) =>
        $"mkdir -p '{version}' && mv '{file}' '{Path.Combine(version, "model.onnx")}' (and files of its weights beside it, under their own names)";

    private static IEnumerable<string> Files(string directory, string pattern) => Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal);
}
