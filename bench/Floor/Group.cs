using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Millrace.Bench.Floor;

/// <summary>Jobs that run and are committed together: their rows lie side by side in pinned memory, where the session reads them.</summary>
internal sealed class Group(Model model)
{
    private const int MaxRows = 64;

    private readonly Dictionary<int, OrtIoBinding> _bindings = [];
    private byte[] _input = Allocate(MaxRows * model.InputRowBytes);
    private byte[] _output = Allocate(MaxRows * model.OutputRowBytes);

    public List<Job> Jobs { get; } = new(MaxRows);

    public int Rows { get; private set; }

    /// <summary>Where the group stands in the order of deliveries.</summary>
    public Turn? Turn { get; set; }

    /// <returns>False where the job has no room. A group that is empty has room for any job.</returns>
    public bool TryAdd(Job job, ReadOnlySpan<byte> tensor)
    {
        if (Rows + job.Rows > MaxRows)
        {
            if (Rows > 0)
            {
                return false;
            }

            EnsureRoom(job.Rows);
        }

        tensor.CopyTo(_input.AsSpan(Rows * model.InputRowBytes));
        Rows += job.Rows;
        Jobs.Add(job);
        return true;
    }

    public void Run()
    {
        if (!_bindings.TryGetValue(Rows, out var binding))
        {
            binding = Bind(Rows);
            _bindings.Add(Rows, binding);
        }

        model.Run(binding);
    }

    public ReadOnlyMemory<byte> Output(int firstRow, int rows) =>
        _output.AsMemory(firstRow * model.OutputRowBytes, rows * model.OutputRowBytes);

    public void Clear()
    {
        Jobs.Clear();
        Rows = 0;
        Turn = null;
    }

    private static byte[] Allocate(int bytes) => GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

    private void EnsureRoom(int rows)
    {
        if (rows * model.InputRowBytes <= _input.Length)
        {
            return;
        }

        _input = Allocate(rows * model.InputRowBytes);
        _output = Allocate(rows * model.OutputRowBytes);
        foreach (var binding in _bindings.Values)
        {
            binding.Dispose();
        }

        _bindings.Clear();
    }

    private OrtIoBinding Bind(int rows)
    {
        var binding = model.Session.CreateIoBinding();
        using var input = View(_input, model.InputShape(rows), rows * model.InputRowBytes);
        using var output = View(_output, model.OutputShape(rows), rows * model.OutputRowBytes);
        binding.BindInput(model.InputName, input);
        binding.BindOutput(model.OutputName, output);
        return binding;
    }

    private static OrtValue View(byte[] pinned, long[] shape, int bytes) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), bytes);
}
