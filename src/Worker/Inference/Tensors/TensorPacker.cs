using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>
/// Copies the rows of a batch's jobs, scaled where the model says so, behind each other into one pinned buffer for each input. Rows
/// that only fill a bucket repeat the first one: it is known to be a row that the model takes.
/// </summary>
internal sealed class TensorPacker(ModelVersion model)
{
    private readonly PinnedBuffer[] _buffers = [.. model.Signature.Inputs.Select(_ => new PinnedBuffer())];

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

    /// <summary>Packs the numeric inputs.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">The rows to run, padding included.</param>
    public void Pack(Batch batch, int rows)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            var spec = model.Signature.Inputs[i];
            if (spec.Datatype == TensorDatatype.Bytes)
            {
                continue;
            }

            var rowBytes = RowBytes(batch.Key.RowShapes[i], spec.Datatype);
            _buffers[i].EnsureSize((long)rowBytes * rows, (long)rowBytes * model.MaxBatchSize);
            PackInput(batch, i, rowBytes, rows, _buffers[i].Span);
        }
    }

    /// <summary>Overwrites all memory of the inputs.</summary>
    public void Fill(byte value)
    {
        foreach (var buffer in _buffers)
        {
            buffer.Span.Fill(value);
        }
    }

    /// <summary>Adds a tensor over each numeric input's buffer, as it lies now.</summary>
    public void AddNumbers(BatchKey key, int rows, List<OrtValue> values)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            var datatype = model.Signature.Inputs[i].Datatype;
            if (datatype != TensorDatatype.Bytes)
            {
                values.Add(_buffers[i].View(datatype, Shape(key, i, rows)));
            }
        }
    }

    /// <summary>Binds what was packed last: a device that is no CPU gets its copy now, and would run on an older one again otherwise.</summary>
    /// <param name="binding">The library's binding.</param>
    /// <param name="numbers">From <see cref="AddNumbers"/>.</param>
    public void BindNumbers(OrtIoBinding binding, IReadOnlyList<OrtValue> numbers)
    {
        var next = 0;
        for (var i = 0; i < _buffers.Length; i++)
        {
            var spec = model.Signature.Inputs[i];
            if (spec.Datatype != TensorDatatype.Bytes)
            {
                binding.BindInput(spec.Name, numbers[next++]);
            }
        }
    }

    /// <summary>Makes and binds the text inputs, whose memory is the library's own and lasts for one run.</summary>
    public DisposableValues BindTexts(OrtIoBinding binding, Batch batch, int rows)
    {
        List<OrtValue>? texts = null;
        for (var i = 0; i < _buffers.Length; i++)
        {
            var spec = model.Signature.Inputs[i];
            if (spec.Datatype == TensorDatatype.Bytes)
            {
                var value = TextTensor.Pack(batch, i, Shape(batch.Key, i, rows));
                (texts ??= []).Add(value);
                binding.BindInput(spec.Name, value);
            }
        }

        return new DisposableValues(texts);
    }

    private long[] Shape(BatchKey key, int input, int rows) =>
        model.IsBatchable ? [rows, .. key.RowShapes[input]] : key.RowShapes[input];

    private void PackInput(Batch batch, int input, int rowBytes, int rows, Span<byte> target)
    {
        var at = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            var source = slice.Job.Inputs[input].Data.Span.Slice(slice.FirstRow * rowBytes, slice.Rows * rowBytes);
            Copy(source, target[at..], input);
            at += source.Length;
        }

        for (var end = rowBytes * rows; at < end; at += rowBytes)
        {
            target[..rowBytes].CopyTo(target[at..]);
        }
    }

    private void Copy(ReadOnlySpan<byte> source, Span<byte> target, int input)
    {
        if (model.Scales[input] is not { } scale)
        {
            source.CopyTo(target);
            return;
        }

        target = target[..source.Length];
        switch (model.Signature.Inputs[input].Datatype)
        {
            case TensorDatatype.Fp32:
                TensorPrimitives.Multiply(MemoryMarshal.Cast<byte, float>(source), (float)scale, MemoryMarshal.Cast<byte, float>(target));
                break;
            case TensorDatatype.Fp64:
                TensorPrimitives.Multiply(MemoryMarshal.Cast<byte, double>(source), scale, MemoryMarshal.Cast<byte, double>(target));
                break;
            default:
                TensorPrimitives.Multiply(MemoryMarshal.Cast<byte, Half>(source), (Half)scale, MemoryMarshal.Cast<byte, Half>(target));
                break;
        }
    }

    private static int RowBytes(long[] rowShape, TensorDatatype datatype) =>
        checked((int)(TensorShape.CountElements(rowShape) * datatype.ElementSizeBytes()));
}

/// <summary>Values that last for one run.</summary>
internal readonly struct DisposableValues(List<OrtValue>? values) : IDisposable
{
    public void Dispose()
    {
        foreach (var value in values ?? [])
        {
            value.Dispose();
        }
    }
}
