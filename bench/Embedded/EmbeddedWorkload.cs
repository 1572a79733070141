using Millrace.Bench.Workloads;
using Millrace.Contracts;

namespace Millrace.Bench.Embedded;

/// <summary>Jobs of one model, some of which differ in their values.</summary>
/// <param name="Model">The model.</param>
/// <param name="Rows">Rows of each job.</param>
/// <param name="Jobs">Jobs that are measured.</param>
/// <param name="InFlight">Jobs on their way at once.</param>
internal sealed record EmbeddedWorkload(string Model, int Rows, int Jobs, int InFlight)
{
    private const int Seed = 20261122;
    private const int Variants = 64;

    public string Title => $"{Model}, {Rows} row(s) a job";

    /// <summary>The inputs, the same ones in each call: whole numbers of 0 to 16, as the digits' pixels are.</summary>
    public Tensor[] MakeInputs()
    {
        var model = ModelInput.Read(Model);
        var random = new Random(Seed);
        var inputs = new Tensor[Variants];
        for (var i = 0; i < inputs.Length; i++)
        {
            var values = new float[Rows * model.RowElements];
            for (var v = 0; v < values.Length; v++)
            {
                values[v] = random.Next(17);
            }

            inputs[i] = Tensor.Create<float>(model.Name, model.Shape(Rows), values);
        }

        return inputs;
    }
}
