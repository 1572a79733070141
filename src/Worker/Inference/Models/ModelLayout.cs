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

    private static string Move(string file, string version) =>
        $"mkdir -p '{version}' && mv '{file}' '{Path.Combine(version, "model.onnx")}' (and files of its weights beside it, under their own names)";

    private static IEnumerable<string> Files(string directory, string pattern) => Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal);
}
