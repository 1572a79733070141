namespace Millrace.Worker.Inference.Models;

/// <summary>What a <c>model.json</c> must keep to by itself, without its graph. Pure.</summary>
internal static class ModelConfigRules
{
    public const int LargestBatchSize = 65_536;

    /// <param name="config">The file.</param>
    /// <param name="providers">The execution providers that there are.</param>
    /// <param name="problem">Gets what is wrong.</param>
    public static void Check(ModelConfig config, IReadOnlyList<string> providers, Action<string> problem)
    {
        if (config.MaxBatchSize is < 1 or > LargestBatchSize)
        {
            problem($"max_batch_size: expected 1 to {LargestBatchSize} rows, found {config.MaxBatchSize}");
        }

        if (config.RunTimeout < TimeSpan.FromMilliseconds(1))
        {
            problem($"run_timeout: expected 1ms or more, found {config.RunTimeout.TotalMicroseconds:0}us");
        }

        if (config.Instances is < 1 or > 256)
        {
            problem($"instances: expected 1 to 256, found {config.Instances}");
        }

        if (config.IntraOpThreads is < 1 or > 1024)
        {
            problem($"intra_op_threads: expected 1 to 1024, found {config.IntraOpThreads}");
        }

        if (config.MaxElements is < 1)
        {
            problem($"max_elements: expected 1 or more, found {config.MaxElements}");
        }

        if (config.TopK < 1)
        {
            problem($"top_k: expected 1 or more, found {config.TopK}");
        }

        CheckBuckets(config, problem);
        if (config.ExecutionProviders is { Count: 0 })
        {
            problem($"execution_providers: expected some of {string.Join(", ", providers)}, found none");
        }

        foreach (var provider in config.ExecutionProviders ?? [])
        {
            if (!providers.Contains(provider, StringComparer.Ordinal))
            {
                problem($"execution_providers: expected some of {string.Join(", ", providers)}, found '{provider}'");
            }
        }

        CheckNames("columns", config.Columns, problem);
        CheckNames("labels", config.Labels, problem);
        foreach (var (input, scale) in config.Scale)
        {
            if (!double.IsFinite(scale))
            {
                problem($"scale.{input}: expected a finite number, found {scale}");
            }
        }

        if (config.Evaluation is { HeldOut: { } heldOut } && (heldOut.Every < 1 || heldOut.First < 1))
        {
            problem($"evaluation.held_out: expected every and first of 1 or more, found {heldOut.Every} and {heldOut.First}");
        }
    }

    private static void CheckNames(string key, IReadOnlyDictionary<string, IReadOnlyList<string>> lists, Action<string> problem)
    {
        foreach (var (name, list) in lists)
        {
            // JSON can say null where the type says there is none.
            if (list is null || list.Contains(null!))
            {
                problem($"{key}.{name}: expected an array of names, found null");
            }
        }
    }

    private static void CheckBuckets(ModelConfig config, Action<string> problem)
    {
        var rising = config.Buckets.Order().Distinct().SequenceEqual(config.Buckets);
        if (!rising || config.Buckets.Any(bucket => bucket is < 1 or > LargestBatchSize))
        {
            problem($"buckets: expected rising numbers of 1 to {LargestBatchSize} rows, found [{string.Join(", ", config.Buckets)}]");
        }
        else if (config.Buckets.Count > 0 && config.MaxBatchSize is { } max && config.Buckets[^1] != max)
        {
            problem($"buckets: the largest must be max_batch_size ({max}), found {config.Buckets[^1]}");
        }
    }
}
