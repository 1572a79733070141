using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>
/// Gives the rows of a run's outputs to the jobs that they are of. Where their size is known before the run, they are written into pinned memory,
/// one buffer for each output.
/// </summary>
internal sealed class TensorUnpacker
{
    // Of one output of a full batch. What is larger is allocated by each run, and given back after it.
    private const int MostPinnedBytes = 256 * 1024 * 1024;

    private readonly ModelVersion _model;
    private readonly PinnedBuffer[] _buffers;

    public TensorUnpacker(ModelVersion model)
    {
        _model = model;
        _buffers = [.. model.Signature.Outputs.Select(_ => new PinnedBuffer())];
        IsPinned = model.IsBatchable && model.Signature.Outputs.All(spec => IsPinnable(spec, model.MaxBatchSize));
    }

    /// <summary>False where the outputs are allocated by each run, because their size is not known before it.</summary>
    public bool IsPinned { get; }

    /// <summary>Rises when a buffer has moved and what is bound to it is stale.</summary>
    public int Generation
    {
        get
        {
            var sum = 0;
            foreach (var buffer in _buffers)
            {
                sum += buffer.Generation;
            }

            return sum;
        }
    }

    /// <summary>Makes room for the outputs of so many rows, padding included.</summary>
    public void EnsureSize(int rows)
    {
        for (var i = 0; IsPinned && i < _buffers.Length; i++)
        {
            var rowBytes = (long)RowBytes(_model.Signature.Outputs[i]);
            _buffers[i].EnsureSize(rows * rowBytes, _model.MaxBatchSize * rowBytes);
        }
    }

    /// <summary>Binds the outputs to their memory, as it lies now, for all runs of so many rows.</summary>
    /// <param name="binding">The library's binding.</param>
    /// <param name="rows">The rows to run, padding included.</param>
    /// <param name="values">Gets the tensors over the memory.</param>
    public void BindPinned(OrtIoBinding binding, int rows, List<OrtValue> values)
    {
        for (var i = 0; IsPinned && i < _buffers.Length; i++)
        {
            var spec = _model.Signature.Outputs[i];
            var value = _buffers[i].View(spec.Datatype, [rows, .. spec.Shape.AsSpan(1)]);
            values.Add(value);
            binding.BindOutput(spec.Name, value);
        }
    }

    /// <summary>Makes the outputs' memory ready for a run.</summary>
    /// <param name="binding">The library's binding.</param>
    /// <param name="rows">The rows to run, padding included.</param>
    /// <param name="fill">What each byte of pinned memory holds before it.</param>
    public void Prepare(OrtIoBinding binding, int rows, byte fill)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            var spec = _model.Signature.Outputs[i];
            if (IsPinned)
            {
                // Where a kernel leaves a part of its output unwritten, that must not be what another caller's run wrote there.
                _buffers[i].Span[..(rows * RowBytes(spec))].Fill(fill);
            }
            else
            {
                // Anew for each run: what the last one put there would be taken for memory to write to, and may be of another size.
                binding.BindOutputToDevice(spec.Name, OrtMemoryInfo.DefaultInstance);
            }
        }
    }

    /// <summary>Gives an output's rows to the jobs of the batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="output">Which of the graph's.</param>
    /// <param name="value">What the run names as it.</param>
    /// <param name="rows">The rows that were run, padding included.</param>
    /// <exception cref="OutputMismatchException">No row can be told from another.</exception>
    public void Unpack(Batch batch, int output, OrtValue value, int rows)
    {
        if (IsPinned)
        {
            UnpackPinned(batch, output, value, rows);
        }
        else
        {
            UnpackValue(batch, output, value, rows);
        }
    }

    private void UnpackPinned(Batch batch, int output, OrtValue value, int rows)
    {
        var spec = _model.Signature.Outputs[output];
        var rowBytes = RowBytes(spec);
        var data = value.GetTensorMutableRawData();
        if (data.Length != rows * rowBytes)
        {
            throw new OutputMismatchException(
                $"output '{spec.Name}': {data.Length} bytes for a batch of {rows} rows, expected {rowBytes} for each");
        }

        Unpack(batch, output, spec.Shape.AsSpan(1), data, rowBytes);
    }

    private void UnpackValue(Batch batch, int output, OrtValue value, int rows)
    {
        var spec = _model.Signature.Outputs[output];
        var shape = value.GetTensorTypeAndShape().Shape;
        if (_model.IsBatchable && (shape.Length == 0 || shape[0] != rows))
        {
            throw new OutputMismatchException($"output '{spec.Name}': shape [{string.Join(',', shape)}] for a batch of {rows} rows, expected {rows} first");
        }

        var rowShape = _model.IsBatchable ? shape.AsSpan(1) : shape;
        if (spec.Datatype == TensorDatatype.Bytes)
        {
            TextTensor.Unpack(batch, output, rowShape, value);
            return;
        }

        var data = value.GetTensorMutableRawData();
        Unpack(batch, output, rowShape, data, _model.IsBatchable ? data.Length / rows : data.Length);
    }

    private void Unpack(Batch batch, int output, ReadOnlySpan<long> rowShape, ReadOnlySpan<byte> data, int rowBytes)
    {
        var at = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            var size = slice.Rows * rowBytes;
            if (slice.Job.Outputs.Wants(output) && !slice.Job.Outputs.TryAdd(output, slice.FirstRow, rowShape, data.Slice(at, size)))
            {
                throw OutputMismatchException.BetweenSlices(_model.Signature.Outputs[output].Name);
            }

            at += size;
        }
    }

    private static int RowBytes(TensorSpec spec) => checked((int)(spec.RowElements!.Value * spec.Datatype.ElementSizeBytes()));

    private static bool IsPinnable(TensorSpec spec, int rows) =>
        spec.Datatype != TensorDatatype.Bytes
        && spec.RowElements is > 0 and var elements
        && (UInt128)elements * (uint)spec.Datatype.ElementSizeBytes() * (uint)rows <= MostPinnedBytes;
}
