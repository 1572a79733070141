using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Bench.Workloads;

/// <summary>The one input of a model, as its file declares it; its first dimension is the rows.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="File">The model's file.</param>
/// <param name="Name">The input's name.</param>
/// <param name="RowShape">Every dimension but the first.</param>
internal sealed record ModelInput(string Model, string File, string Name, IReadOnlyList<long> RowShape)
{
    public int RowElements => (int)RowShape.Aggregate(1L, (product, dimension) => product * dimension);

    public static ModelInput Read(string model)
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        var file = Repository.ModelFile(Repository.ModelsOf(model), model);
        using var session = SessionFactory.Open(new ModelFiles(file), "cpu", 1);
        var (name, metadata) = session.InputMetadata.Single();
        return new ModelInput(model, file, name, [.. metadata.Dimensions.Skip(1).Select(dimension => (long)dimension)]);
    }

    public long[] Shape(int rows) => [rows, .. RowShape];

    /// <summary>Whole numbers of 0 to 16, which is what the digits' pixels are.</summary>
    public float[] Values(int rows)
    {
        var values = new float[rows * RowElements];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i * 7) % 17;
        }

        return values;
    }
}
