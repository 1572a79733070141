using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference.Sessions;

/// <summary>ONNX's own tests of every operator, through the predictor: as one job, and row by row where the probe allows it.</summary>
public sealed class OnnxNodeTests
{
    private const double AbsoluteTolerance = 1e-3;
    private const double RelativeTolerance = 1e-3;

    /// <summary>
    /// Drops the rows that hold a stop word. What depends on values that no made-up input has cannot be found by trying; such a batch
    /// has another number of rows than it should, and its jobs fail with that.
    /// </summary>
    private const string BeyondTheProbe = "test_strnormalizer_export_monday_casesensintive_nochangecase";

    [Fact]
    public void Every_model_that_ONNX_Runtime_runs_right_is_run_right()
    {
        var faults = new List<string>();
        var ran = 0;
        foreach (var test in Tests())
        {
            if (TryOpen(test.Model) is not { } session)
            {
                continue;
            }

            if (!Matches(() => RunPlain(session, test), test, out _))
            {
                // The specification and ONNX Runtime disagree here, or it is about chance: neither is ours.
                session.Dispose();
                continue;
            }

            ran++;
            using var model = TestModel.Open(session, new ModelConfig());
            if (!Matches(() => model.Run([.. Named(test, model.Version.Signature)]), test, out var fault))
            {
                faults.Add($"{test.Name}: {fault}");
            }
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
        TestContext.Current.TestOutputHelper!.WriteLine($"{ran} models ran");
        Assert.InRange(ran, 800, int.MaxValue);
    }

    /// <summary>
    /// The same models with their first dimensions left open: where the probe says that a batch gives what single rows give, that must
    /// also hold for the test's own values, cut into batches of one row and of two and padded to a bucket of four.
    /// </summary>
    [Fact]
    public void Every_model_that_the_probe_calls_batchable_gives_the_same_row_by_row()
    {
        var faults = new List<string>();
        int batched = 0, refused = 0;
        foreach (var test in Tests())
        {
            var bytes = test.OpenFirstDimensions();
            if (TryOpen(bytes) is not { } session)
            {
                continue;
            }

            using var model = TestModel.Open(session, new ModelConfig());
            var rows = test.Inputs.Select(input => input.Shape.Count > 0 ? input.Shape[0] : 0).Distinct().ToArray();
            refused += model.GivesSingles == false ? 1 : 0;
            if (model.GivesSingles != true || rows is not [> 1] || test.Name == BeyondTheProbe || !IsRunRight(bytes, test))
            {
                continue;
            }

            batched++;
            foreach (var config in new[] { new ModelConfig { MaxBatchSize = 1 }, new ModelConfig { MaxBatchSize = 2 }, new ModelConfig { Buckets = [4] } })
            {
                using var split = TestModel.Open(OnnxGraph.Open(bytes), config);
                if (!Matches(() => split.Run([.. Named(test, split.Version.Signature)]), test, out var fault))
                {
                    faults.Add($"{test.Name} in batches of {split.Version.MaxBatchSize}: {fault}");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
        TestContext.Current.TestOutputHelper!.WriteLine($"{batched} models batched, {refused} refused by the probe");
        Assert.InRange(batched, 250, int.MaxValue);
        Assert.InRange(refused, 50, int.MaxValue);
    }

    private static IEnumerable<OnnxNodeTest> Tests()
    {
        Assert.SkipUnless(Directory.Exists(OnnxNodeTest.Folder), $"{OnnxNodeTest.Folder} is not there (Debian: libonnx-testdata).");
        return Directory.EnumerateDirectories(OnnxNodeTest.Folder).Order(StringComparer.Ordinal).Select(OnnxNodeTest.TryRead).OfType<OnnxNodeTest>();
    }

    /// <returns>Null where ONNX Runtime cannot load the model or it has other things than tensors.</returns>
    private static InferenceSession? TryOpen(byte[] bytes)
    {
        try
        {
            var session = OnnxGraph.Open(bytes);
            var problems = new List<string>();
            ModelSignature.Of(session, problems.Add);
            if (problems.Count == 0)
            {
                return session;
            }

            session.Dispose();
        }
        catch (OnnxRuntimeException)
        {
            // Operators of other domains or newer than this build's.
        }

        return null;
    }

    private static bool IsRunRight(byte[] bytes, OnnxNodeTest test)
    {
        using var session = OnnxGraph.Open(bytes);
        return Matches(() => RunPlain(session, test), test, out _);
    }

    private static IEnumerable<Tensor> Named(OnnxNodeTest test, ModelSignature signature) =>
        test.Inputs.Select((input, i) => signature.Inputs.Any(spec => spec.Name == input.Name) ? input : input with { Name = signature.Inputs[i].Name });

    private static bool Matches(Func<IReadOnlyList<Tensor>> run, OnnxNodeTest test, out string? fault)
    {
        try
        {
            var outputs = run();
            fault = outputs.Count == test.Outputs.Count
                ? test.Outputs.Zip(outputs, Difference).FirstOrDefault(difference => difference is not null)
                : $"{outputs.Count} outputs, expected {test.Outputs.Count}";
        }
        catch (Exception exception)
        {
            fault = exception.Message;
        }

        return fault is null;
    }

    private static string? Difference(Tensor expected, Tensor actual)
    {
        if (actual.Datatype != expected.Datatype || !actual.Shape.SequenceEqual(expected.Shape))
        {
            return $"'{actual.Name}' is {actual.Datatype} [{string.Join(',', actual.Shape)}], expected {expected.Datatype} [{string.Join(',', expected.Shape)}]";
        }

        var same = expected.Datatype switch
        {
            TensorDatatype.Fp16 => AreClose(expected.AsSpan<Half>(), actual.AsSpan<Half>()),
            TensorDatatype.Fp32 => AreClose(expected.AsSpan<float>(), actual.AsSpan<float>()),
            TensorDatatype.Fp64 => AreClose(expected.AsSpan<double>(), actual.AsSpan<double>()),
            _ => expected.Data.Span.SequenceEqual(actual.Data.Span),
        };
        return same ? null : $"'{actual.Name}' has other values";
    }

    private static bool AreClose<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : System.Numerics.INumber<T>
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (a, b) = (double.CreateChecked(expected[i]), double.CreateChecked(actual[i]));
            if (!a.Equals(b) && !(Math.Abs(a - b) <= AbsoluteTolerance + (RelativeTolerance * Math.Abs(a))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The library's plain way to run a model, with none of ours.</summary>
    private static List<Tensor> RunPlain(InferenceSession session, OnnxNodeTest test)
    {
        var signature = ModelSignature.Of(session, problem => Assert.Fail(problem));
        var inputs = Named(test, signature).ToDictionary(input => input.Name, ToValue);
        using var options = new RunOptions();
        using var values = session.Run(options, inputs, [.. session.OutputNames]);
        return [.. values.Select((value, i) => ToTensor(value, signature.Outputs[i]))];
    }

    private static OrtValue ToValue(Tensor tensor)
    {
        if (tensor.Datatype == TensorDatatype.Bytes)
        {
            var texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [.. tensor.Shape]);
            foreach (var (i, text) in tensor.ToStrings().Index())
            {
                texts.StringTensorSetElementAt(text, i);
            }

            return texts;
        }

        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, ModelSignature.ElementTypeOf(tensor.Datatype), [.. tensor.Shape]);
        tensor.Data.Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static Tensor ToTensor(OrtValue value, TensorSpec spec)
    {
        var shape = value.GetTensorTypeAndShape().Shape;
        return spec.Datatype == TensorDatatype.Bytes
            ? Tensor.Create(spec.Name, shape, value.GetStringTensorAsArray())
            : new Tensor { Name = spec.Name, Shape = shape, Datatype = spec.Datatype, Data = value.GetTensorMutableRawData().ToArray() };
    }
}
