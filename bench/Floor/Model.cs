using Microsoft.ML.OnnxRuntime;

namespace Millrace.Bench.Floor;

/// <summary>A session of a model with one FP32 input and one FP32 output, rows first.</summary>
internal sealed class Model : IDisposable
{
    private readonly RunOptions _run = new();
    private readonly long[] _inputRow;
    private readonly long[] _outputRow;

    public Model(string name, string file, int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        Session = new InferenceSession(file, options);
        Name = name;
        (InputName, var input) = Session.InputMetadata.Single();
        (OutputName, var output) = Session.OutputMetadata.Single();
        _inputRow = [.. input.Dimensions.Skip(1).Select(size => (long)size)];
        _outputRow = [.. output.Dimensions.Skip(1).Select(size => (long)size)];
        InputRowBytes = (int)_inputRow.Aggregate(1L, (product, size) => product * size) * sizeof(float);
        OutputRowBytes = (int)_outputRow.Aggregate(1L, (product, size) => product * size) * sizeof(float);
    }

    public InferenceSession Session { get; }

    public string Name { get; }

    public string InputName { get; }

    public string OutputName { get; }

    public int InputRowBytes { get; }

    public int OutputRowBytes { get; }

    public long[] InputShape(int rows) => [rows, .. _inputRow];

    public long[] OutputShape(int rows) => [rows, .. _outputRow];

    /// <summary>Runs what is bound. Several threads may call it at once.</summary>
    public void Run(OrtIoBinding binding) => Session.RunWithBinding(_run, binding);

    public void Dispose()
    {
        _run.Dispose();
        Session.Dispose();
    }
}
