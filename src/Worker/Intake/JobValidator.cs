using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Intake;

/// <summary>
/// Checks a job against the model version that it asks for. Pure: the same job and model give the same answer. The first fault is
/// told: the field, what was found, what was expected.
/// </summary>
internal static class JobValidator
{
    public static Validation Validate(PredictionJob job, ModelVersion model, int maxRows)
    {
        if (job.IsPartial && !model.IsBatchable)
        {
            return Reject(
                ErrorCode.PartialNotSupported,
                $"parameters.{JobParameters.Partial}: model '{model.Name}' runs each job whole, since its rows are not known to be independent of each other, so no row can be "
                + "left out; send the job without it, a job for each row if need be (where they are independent, a max_batch_size in its model.json says so)");
        }

        var specs = model.Signature.Inputs;
        var inputs = new Tensor[specs.Count];
        if (Match(job.Inputs, specs, inputs) is { } mismatch)
        {
            return new Validation(mismatch);
        }

        var rows = 1L;
        for (var i = 0; i < specs.Count; i++)
        {
            if (CheckInput(inputs[i], specs[i], model, job.IsPartial) is { } fault)
            {
                return new Validation(fault);
            }

            if (model.IsBatchable)
            {
                if (i > 0 && inputs[i].Shape[0] != rows)
                {
                    return Reject(ErrorCode.ShapeMismatch, $"inputs '{inputs[0].Name}' and '{inputs[i].Name}': {rows} and {inputs[i].Shape[0]} rows, expected the same number");
                }

                rows = inputs[i].Shape[0];
            }
        }

        if (rows == 0)
        {
            return Reject(ErrorCode.BatchEmpty, $"input '{inputs[0].Name}': shape [{string.Join(',', inputs[0].Shape)}] has no rows, expected 1 or more");
        }

        if (rows > maxRows)
        {
            return Reject(ErrorCode.ShapeTooLarge, $"input '{inputs[0].Name}': {rows} rows, expected at most {maxRows} (Limits:MaxRows)");
        }

        if (SelectOutputs(job.Outputs, model, out var selection) is { } unknown)
        {
            return new Validation(unknown);
        }

        return model.KnownOutputBytes(selection, (int)rows) is var bytes && bytes > (UInt128)model.MaxOutputBytes
            ? Reject(
                ErrorCode.ShapeTooLarge,
                $"{rows} row(s): their outputs take {bytes} bytes, expected at most {model.MaxOutputBytes} (Limits:MaxOutputBytes); send fewer rows a job, or ask for fewer outputs")
            : Admit(job, new Admission(inputs, (int)rows, model.FixedKey ?? KeyOf(inputs, model), selection), model);
    }

    private static Validation Admit(PredictionJob job, Admission admission, ModelVersion model) =>
        job.IsPartial ? PartialAdmission.Admit(admission, job.RowFaults, model) : new Validation(admission);

    private static BatchKey KeyOf(Tensor[] inputs, ModelVersion model) =>
        new(Array.ConvertAll(inputs, input => input.Shape.Skip(model.IsBatchable ? 1 : 0).ToArray()));

    private static JobOutcome? Match(IReadOnlyList<Tensor> given, IReadOnlyList<TensorSpec> specs, Tensor?[] inputs)
    {
        for (var i = 0; i < given.Count; i++)
        {
            var input = given[i];
            var index = IndexOf(specs, input.Name);
            if (index < 0)
            {
                return JobOutcome.Rejected(ErrorCode.InputUnexpected, $"input '{CallerText.Shorten(input.Name)}': the model has no such input, expected {Names(specs)}");
            }

            if (inputs[index] is not null)
            {
                return JobOutcome.Rejected(ErrorCode.InputUnexpected, $"input '{CallerText.Shorten(input.Name)}': given twice, expected once");
            }

            inputs[index] = input;
        }

        var missing = Array.IndexOf(inputs, null);
        return missing < 0
            ? null
            : JobOutcome.Rejected(
                ErrorCode.InputMissing,
                $"input '{specs[missing].Name}': missing, expected {specs[missing].Datatype.ToWireName()} {specs[missing].ShapeText}");
    }

    private static JobOutcome? CheckInput(Tensor input, TensorSpec spec, ModelVersion model, bool isPartial)
    {
        if (input.Datatype != spec.Datatype)
        {
            return JobOutcome.Rejected(
                ErrorCode.DatatypeMismatch,
                $"input '{CallerText.Shorten(input.Name)}': datatype {input.Datatype.ToWireName()}, expected {spec.Datatype.ToWireName()}");
        }

        if (!Fits(input.Shape, spec.Shape))
        {
            return JobOutcome.Rejected(
                ErrorCode.ShapeMismatch,
                $"input '{CallerText.Shorten(input.Name)}': shape [{string.Join(',', input.Shape)}], expected {spec.ShapeText} (-1 is any)");
        }

        if (model.MaxElements is { } max && input.ElementCount > max)
        {
            return JobOutcome.Rejected(
                ErrorCode.ShapeTooLarge,
                $"input '{CallerText.Shorten(input.Name)}': shape [{string.Join(',', input.Shape)}] has {input.ElementCount} elements, expected at most {max} (the model's max_elements)");
        }

        // A value is its row's fault, where the job's rows are told apart.
        return model.RequireFinite && !isPartial && IndexOfNonFinite(input.Datatype, input.Data.Span) is >= 0 and var index
            ? JobOutcome.Rejected(ErrorCode.ValueNotFinite, NotFinite(input, index))
            : null;
    }

    /// <summary>What is said of a value that is not finite.</summary>
    internal static string NotFinite(Tensor input, long element) =>
        $"input '{CallerText.Shorten(input.Name)}': element {element} is not finite, the model takes finite values only";

    private static bool Fits(IReadOnlyList<long> shape, long[] expected)
    {
        if (shape.Count != expected.Length)
        {
            return false;
        }

        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] >= 0 && shape[i] != expected[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first element that is not finite; -1 for none.</summary>
    internal static long IndexOfNonFinite(TensorDatatype datatype, ReadOnlySpan<byte> data)
    {
        switch (datatype)
        {
            case TensorDatatype.Fp16:
                return IndexOfNonFinite(MemoryMarshal.Cast<byte, Half>(data));
            case TensorDatatype.Fp32:
                // Finite values add up to something finite unless they are huge: one fast pass settles the usual case.
                var floats = MemoryMarshal.Cast<byte, float>(data);
                return float.IsFinite(TensorPrimitives.SumOfMagnitudes(floats)) ? -1 : IndexOfNonFinite(floats);
            case TensorDatatype.Fp64:
                var doubles = MemoryMarshal.Cast<byte, double>(data);
                return double.IsFinite(TensorPrimitives.SumOfMagnitudes(doubles)) ? -1 : IndexOfNonFinite(doubles);
            default:
                return -1;
        }
    }

    private static long IndexOfNonFinite<T>(ReadOnlySpan<T> values)
        where T : System.Numerics.INumberBase<T>
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static JobOutcome? SelectOutputs(IReadOnlyList<RequestedOutput> asked, ModelVersion model, out int[] selection)
    {
        selection = asked.Count == 0 ? model.AllOutputs : new int[asked.Count];
        for (var i = 0; i < asked.Count; i++)
        {
            selection[i] = IndexOf(model.Outputs, asked[i].Name);
            if (selection[i] < 0)
            {
                return JobOutcome.Rejected(
                    ErrorCode.OutputUnknown, $"outputs[{i}]: the model has no output '{CallerText.Shorten(asked[i].Name)}', expected some of {Names(model.Outputs)}");
            }

            if (Array.IndexOf(selection, selection[i], 0, i) >= 0)
            {
                return JobOutcome.Rejected(ErrorCode.OutputUnknown, $"outputs[{i}]: '{CallerText.Shorten(asked[i].Name)}' is asked for twice, expected once");
            }
        }

        return null;
    }

    private static int IndexOf(IReadOnlyList<TensorSpec> specs, string name)
    {
        for (var i = 0; i < specs.Count; i++)
        {
            if (specs[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static string Names(IReadOnlyList<TensorSpec> specs) => string.Join(", ", specs.Select(spec => $"'{spec.Name}'"));

    private static Validation Reject(string code, string error) => new(JobOutcome.Rejected(code, error));
}
