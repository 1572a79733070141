using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Inference;

/// <summary>Section <c>Models</c>: the model repository.</summary>
public sealed class ModelsOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Models";

    /// <summary>The folder with <c>NAME/VERSION/model.onnx</c> and <c>NAME/model.json</c>.</summary>
    /// <value>Default: <c>models</c>, in the current folder.</value>
    [Required]
    public string Directory { get; set; } = "models";

    /// <summary>The models to serve, separated by commas; none means all in the folder.</summary>
    public string Names { get; set; } = "";

    /// <summary>Execution providers for models that name none, separated by commas: the first available one is used.</summary>
    /// <value>Default: <c>cuda,cpu</c>.</value>
    [Required]
    [ExecutionProviderList]
    public string ExecutionProviders { get; set; } = "cuda,cpu";

    /// <summary>
    /// How long a model may be tried at load for whether its batches give what single runs give. One that takes longer is stopped, and
    /// counts as one that could not be tried.
    /// </summary>
    /// <value>Default: 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a run may take at most of the batch size that is chosen for a model whose <c>model.json</c> names none.</summary>
    /// <value>Default: 50 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan TargetRunTime { get; set; } = TimeSpan.FromMilliseconds(50);

    internal string[] NameList => Names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal string[] ExecutionProviderList => ExecutionProviders.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
