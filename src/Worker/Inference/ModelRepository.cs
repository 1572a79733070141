using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Contracts;

namespace Millrace.Worker.Inference;

/// <summary>Reads the model repository's folders without opening a session. All errors are collected.</summary>
internal static class ModelRepository
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <param name="directory">The repository.</param>
    /// <param name="names">The models to read; none means all.</param>
    /// <param name="errors">Gets what is wrong.</param>
    public static IReadOnlyList<ModelFolder> Read(string directory, IReadOnlyCollection<string> names, List<string> errors)
    {
        if (!Directory.Exists(directory))
        {
            errors.Add($"Models:Directory: the folder '{directory}' does not exist");
            return [];
        }

        var folders = new List<ModelFolder>();
        foreach (var path in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (!name.StartsWith('.') && (names.Count == 0 || names.Contains(name)) && ReadFolder(name, path, errors) is { } folder)
            {
                folders.Add(folder);
            }
        }

        foreach (var name in names.Where(name => !Directory.Exists(Path.Combine(directory, name))))
        {
            errors.Add($"model '{name}': no such folder in '{directory}'");
        }

        if (folders.Count == 0 && errors.Count == 0)
        {
            errors.Add($"Models:Directory: '{directory}' holds no model; expected NAME/VERSION/model.onnx");
        }

        return folders;
    }

    private static ModelFolder? ReadFolder(string name, string path, List<string> errors)
    {
        var versions = Directory.EnumerateDirectories(path)
            .Select(Path.GetFileName)
            .Where(version => int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(version => int.Parse(version!, CultureInfo.InvariantCulture))
            .Where(version => File.Exists(Path.Combine(path, version.ToString(CultureInfo.InvariantCulture), "model.onnx")))
            .Order()
            .ToList();
        if (versions.Count == 0)
        {
            errors.Add($"model '{name}': no VERSION/model.onnx in '{path}' (a version is a whole number)");
            return null;
        }

        if (!BrokerNames.IsModelName(name))
        {
            errors.Add($"model '{name}': not a model's name; expected 1 to 100 of A-Z a-z 0-9 . _ -, not 'dead', not ending in '.bulk'");
            return null;
        }

        var config = ReadConfig(name, Path.Combine(path, "model.json"), errors);
        return config is null ? null : new ModelFolder(name, path, config, versions);
    }

    private static ModelConfig? ReadConfig(string name, string file, List<string> errors)
    {
        if (!File.Exists(file))
        {
            return new ModelConfig();
        }

        try
        {
            var config = JsonSerializer.Deserialize<ModelConfig>(File.ReadAllBytes(file), s_json) ?? new ModelConfig();
            var before = errors.Count;
            ModelConfigRules.Check(config, problem => errors.Add($"model '{name}': {file}: {problem}"));
            return errors.Count == before ? config : null;
        }
        catch (JsonException fault)
        {
            errors.Add($"model '{name}': {file}: {Explain(fault)}");
            return null;
        }
    }

    /// <summary>The key, then what is wrong with it; the library puts the key behind its sentence, or leaves it to the exception's path.</summary>
    private static string Explain(JsonException fault)
    {
        var end = fault.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return fault.Path is { Length: > 2 } path ? $"{path[2..]}: {(end < 0 ? fault.Message : fault.Message[..end])}" : fault.Message;
    }
}
