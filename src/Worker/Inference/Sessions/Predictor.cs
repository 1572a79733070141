using Microsoft.ML.OnnxRuntime;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Runs batches of one model version on one session, for one thread at a time. Rows are packed into pinned memory with the library's
/// tensors over it, one set for each batch shape seen: a run makes none for numbers.
/// </summary>
internal sealed class Predictor : IDisposable
{
    // A model with open dimensions may see any number of shapes; bindings are cheap to make again.
    private const int MaxBindings = 256;

    private readonly ModelVersion _model;
    private readonly Func<InferenceSession> _reopen;
    private readonly Lock _device;
    private readonly RunLimit _limit;
    private readonly TensorPacker _packer;
    private readonly TensorUnpacker _unpacker;
    private readonly Dictionary<(BatchKey Key, int Rows), SessionBinding> _bindings = [];
    private readonly SessionUse _use;
    private InferenceSession? _session;
    private int _generation;

    /// <param name="model">What it runs.</param>
    /// <param name="session">The session; the predictor's from now on.</param>
    /// <param name="reopen">Makes another session like it.</param>
    /// <param name="device">Held while the session is used.</param>
    /// <param name="time">Measures the runs.</param>
    public Predictor(ModelVersion model, InferenceSession session, Func<InferenceSession> reopen, Lock device, TimeProvider time)
    {
        _model = model;
        _session = session;
        _reopen = reopen;
        _device = device;
        _limit = new RunLimit(model.RunTimeout, time);
        _use = new SessionUse(Free);
        _packer = new TensorPacker(model);
        _unpacker = new TensorUnpacker(model);
    }

    /// <summary>Runs a batch; its rows' outputs are in its jobs afterwards.</summary>
    /// <returns>The rows that were run, padding included.</returns>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    /// <exception cref="RunTimeoutException">It took too long and was stopped.</exception>
    /// <exception cref="RunStoppedException">It was stopped, or not begun, by <see cref="Terminate"/> or <see cref="Dispose"/>.</exception>
    /// <exception cref="OutputMismatchException">The model gave outputs that cannot be told apart by row.</exception>
    public int Run(Batch batch)
    {
        var rows = _model.IsBatchable ? _model.PaddedRows(batch.Rows) : 1;
        _use.Enter();
        try
        {
            if (Fill != 0)
            {
                _packer.Fill(Fill);
            }

            _packer.Pack(batch, rows);
            lock (_device)
            {
                RunPacked(batch, rows);
            }
        }
        finally
        {
            _use.Leave();
        }

        return rows;
    }

    /// <summary>Puts a new session in the place of one that may be broken: after it ran out of memory, or lost its device.</summary>
    /// <exception cref="OnnxRuntimeException">None can be had; then it may be called again.</exception>
    /// <exception cref="RunStoppedException">The worker ends.</exception>
    public void Reopen()
    {
        _use.Enter();
        try
        {
            lock (_device)
            {
                CloseSession();
                _session = _reopen();
            }
        }
        finally
        {
            _use.Leave();
        }
    }

    /// <summary>
    /// Stops the run that goes on, where ONNX Runtime comes to the end of a node, and begins none any more. From any thread, at any time.
    /// </summary>
    public void Terminate() => _limit.Terminate();

    /// <summary>Terminates, and frees the session: at once, or when the run that cannot be stopped at once has left it.</summary>
    public void Dispose()
    {
        Terminate();
        _use.GiveUp();
    }

    private void Free()
    {
        lock (_device)
        {
            CloseSession();
        }

        _limit.Dispose();
    }

    private void CloseSession()
    {
        DropBindings();
        // Before another one is opened, for the device may have no room for two.
        _session?.Dispose();
        _session = null;
    }

    /// <summary>
    /// What each byte of the outputs' memory holds before a run. Zero; tests put something else there, and into the inputs' memory too, to
    /// see that nothing is read that the run did not write.
    /// </summary>
    internal byte Fill { get; init; }

    /// <summary>How many shapes it keeps a binding of.</summary>
    internal int Bindings => _bindings.Count;

    private InferenceSession Session => _session ?? throw new InvalidOperationException("There is no session: the last one could not be opened anew.");

    private void RunPacked(Batch batch, int rows)
    {
        var binding = Bind(batch.Key, rows);
        _packer.BindNumbers(binding.IoBinding, binding.Inputs);
        using var texts = _packer.BindTexts(binding.IoBinding, batch, rows);
        _unpacker.Prepare(binding.IoBinding, rows, Fill);
        Run(binding.IoBinding);
        // What the run itself names as its outputs, and not the memory that it was given for them: an output that is an input of the
        // graph lies in the input's memory, and its own is never written.
        using var values = binding.IoBinding.GetOutputValues();
        for (var i = 0; i < values.Count; i++)
        {
            _unpacker.Unpack(batch, i, values[i], rows);
        }
    }

    private void Run(OrtIoBinding binding)
    {
        _limit.Start();
        try
        {
            // A device may still copy when these return, in or out.
            binding.SynchronizeBoundInputs();
            Session.RunWithBinding(_limit.Options, binding);
            binding.SynchronizeBoundOutputs();
        }
        catch (OnnxRuntimeException fault) when (_limit.End())
        {
            throw _limit.ToException(fault);
        }
        finally
        {
            _limit.End();
        }
    }

    private SessionBinding Bind(BatchKey key, int rows)
    {
        _unpacker.EnsureSize(rows);
        // A grown buffer has moved: what is bound to the old one is stale.
        var generation = _packer.Generation + _unpacker.Generation;
        if (generation != _generation || _bindings.Count > MaxBindings)
        {
            DropBindings();
            _generation = generation;
        }

        if (!_bindings.TryGetValue((key, rows), out var binding))
        {
            _bindings.Add((key, rows), binding = CreateBinding(key, rows));
        }

        return binding;
    }

    private SessionBinding CreateBinding(BatchKey key, int rows)
    {
        var binding = Session.CreateIoBinding();
        var (inputs, outputs) = (new List<OrtValue>(), new List<OrtValue>());
        try
        {
            _packer.AddNumbers(key, rows, inputs);
            _unpacker.BindPinned(binding, rows, outputs);
            return new SessionBinding(binding, inputs, outputs);
        }
        catch
        {
            new SessionBinding(binding, inputs, outputs).Dispose();
            throw;
        }
    }

    private void DropBindings()
    {
        foreach (var binding in _bindings.Values)
        {
            binding.Dispose();
        }

        _bindings.Clear();
    }
}
