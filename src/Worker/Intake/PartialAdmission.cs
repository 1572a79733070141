using System.Runtime.InteropServices;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>Takes the bad rows out of a job that wants its good ones answered, before it runs. Pure.</summary>
internal static class PartialAdmission
{
    /// <param name="admission">The job, which has passed all checks but those of single values.</param>
    /// <param name="faults">Rows that were found bad while it was read.</param>
    /// <param name="model">The model.</param>
    public static Validation Admit(Admission admission, IReadOnlyList<RowError> faults, ModelVersion model)
    {
        var errors = new RowErrorList();
        foreach (var fault in faults)
        {
            errors.Add(fault.Row, fault.Code, fault.Error);
        }

        if (model.RequireFinite)
        {
            foreach (var input in admission.Inputs)
            {
                FindNonFinite(input, admission.Rows, errors);
            }
        }

        if (errors.Count == 0)
        {
            return new Validation(admission with { Partial = new PartialRows(admission.Rows, [], places: null) });
        }

        var refused = errors.ToList();
        if (refused.Count == admission.Rows)
        {
            return new Validation(JobOutcome.Rejected(refused[0].Code, refused[0].Error) with { RowErrors = refused }, admission.Rows);
        }

        var places = new int[admission.Rows - refused.Count];
        for (int row = 0, next = 0; row < admission.Rows; row++)
        {
            if (!errors.Contains(row))
            {
                places[next++] = row;
            }
        }

        return new Validation(admission with
        {
            Inputs = [.. admission.Inputs.Select(input => Keep(input, admission.Rows, places))],
            Rows = places.Length,
            Partial = new PartialRows(admission.Rows, refused, places),
        });
    }

    private static void FindNonFinite(Tensor input, int rows, RowErrorList errors)
    {
        if (JobValidator.IndexOfNonFinite(input.Datatype, input.Data.Span) < 0)
        {
            return;
        }

        var rowBytes = input.Data.Length / rows;
        var rowElements = input.ElementCount / rows;
        for (var row = 0; row < rows; row++)
        {
            if (JobValidator.IndexOfNonFinite(input.Datatype, input.Data.Span.Slice(row * rowBytes, rowBytes)) is >= 0 and var index)
            {
                errors.Add(row, ErrorCode.ValueNotFinite, JobValidator.NotFinite(input, (row * rowElements) + index));
            }
        }
    }

    private static Tensor Keep(Tensor input, int rows, int[] places) => input with
    {
        Shape = [places.Length, .. input.Shape.Skip(1)],
        Data = input.Datatype == TensorDatatype.Bytes ? KeepTexts(input, rows, places) : KeepNumbers(input.Data.Span, rows, places),
    };

    private static byte[] KeepNumbers(ReadOnlySpan<byte> data, int rows, int[] places)
    {
        var rowBytes = data.Length / rows;
        var kept = new byte[places.Length * rowBytes];
        for (var i = 0; i < places.Length; i++)
        {
            data.Slice(places[i] * rowBytes, rowBytes).CopyTo(kept.AsSpan(i * rowBytes));
        }

        return kept;
    }

    private static byte[] KeepTexts(Tensor input, int rows, int[] places)
    {
        var kept = new List<byte>(input.Data.Length);
        var rowElements = input.ElementCount / rows;
        var rest = input.Data.Span;
        for (int row = 0, next = 0; next < places.Length; row++)
        {
            var start = rest;
            for (long i = 0; i < rowElements; i++)
            {
                BytesElement.TryTake(ref rest, out _);
            }

            if (places[next] == row)
            {
                kept.AddRange(start[..(start.Length - rest.Length)]);
                next++;
            }
        }

        return CollectionsMarshal.AsSpan(kept).ToArray();
    }
}
