namespace Millrace.Bench.Workloads;

/// <summary>What a contender serves: a model under its own name, or as so many models that are all the same.</summary>
/// <param name="Model">The model.</param>
/// <param name="Copies">How many there are of it.</param>
internal sealed record ServedModels(string Model, int Copies)
{
    public IReadOnlyList<string> Names => Copies == 1 ? [Model] : [.. Enumerable.Range(1, Copies).Select(copy => $"{Model}-{copy}")];

    /// <summary>The model repository that holds them; for copies one that is made for it, of links, in the folder for temporary files.</summary>
    public string MakeRepository()
    {
        var source = Repository.ModelsOf(Model);
        if (Copies == 1)
        {
            return source;
        }

        var folder = Directory.CreateTempSubdirectory("bench-models").FullName;
        foreach (var name in Names)
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(source, Model));
        }

        return folder;
    }

    /// <summary>For people.</summary>
    public override string ToString() => Copies == 1 ? Model : $"{Model} x {Copies}";
}
