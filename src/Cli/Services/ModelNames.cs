using Millrace.Scoring;
using Millrace.Worker.Inference.Models;

namespace Millrace.Cli.Services;

/// <summary>The models that a directory holds, by their folders' names.</summary>
internal static class ModelNames
{
    private const string NoModels = $"expected {ModelLayout.Expected}";

    /// <summary>Checks that a model is there.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public static void Require(string directory, string model)
    {
        var names = Of(directory);
        if (!names.Contains(model, StringComparer.Ordinal))
        {
            throw new UsageException(
                $"no model '{model}' in {directory}{ModelLayout.ForFileIn(directory, model)}",
                names.Count > 0 ? NearNames.Suggest(model, names) : NoModels);
        }
    }

    /// <summary>The model that was asked for, or the only one that there is.</summary>
    /// <exception cref="UsageException">It is not there, or there are several to choose from.</exception>
    public static string Choose(string directory, string? asked)
    {
        if (asked is not null)
        {
            Require(directory, asked);
            return asked;
        }

        return All(directory) is var names && names is [var only]
            ? only
            : throw new UsageException($"which model? {directory} holds {NearNames.List(names)}", "say which: --model NAME");
    }

    /// <summary>All models that are there, at least one.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static IReadOnlyList<string> All(string directory) => Of(directory) is { Count: > 0 } names
        ? names
        : throw new UsageException($"no model in {directory}{ModelLayout.ForFileIn(directory, null)}", NoModels);

    private static List<string> Of(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new UsageException($"no directory '{directory}' of models", $"say where they are: --models or {ServiceOptions.ModelsVariable}");
        }

        return ModelLayout.Misplaced(directory) is { } elsewhere
            ? throw new UsageException($"no model in {directory}: {elsewhere}")
            : Directory.EnumerateDirectories(directory).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal).ToList();
    }
}
