namespace Millrace.Worker.Inference.Tensors;

/// <summary>A model's outputs are not what its graph and the batch promise, so that no row can be told from another.</summary>
internal sealed class OutputMismatchException(string message) : Exception(message)
{
    public static OutputMismatchException BetweenSlices(string output) => new(
        $"output '{output}': its shape differs between the batches that the job was split over, so no tensor holds all rows; send fewer rows a job");
}
