using System.Xml.Linq;

namespace Millrace.Architecture;

/// <summary>What a project file refers to.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="Projects">Names of the projects.</param>
/// <param name="Packages">Names of the packages that it brings to those who use it; analyzers are private.</param>
internal sealed record Project(string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    /// <summary>Reads a project file.</summary>
    public static Project Read(string path)
    {
        var document = XDocument.Load(path);
        return new Project(
            Path.GetFileNameWithoutExtension(path),
            [.. Included(document, "ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            [.. Included(document, "PackageReference", reference => reference.Attribute("PrivateAssets") is null)]);
    }

    /// <summary>All projects below a folder, by their names.</summary>
    public static IReadOnlyDictionary<string, Project> Below(string folder) => Directory
        .EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories)
        .Select(Read)
        .ToDictionary(project => project.Name, StringComparer.Ordinal);

    private static IEnumerable<string> Included(XDocument document, string element, Func<XElement, bool>? which = null) =>
        document.Descendants(element)
            .Where(which ?? (_ => true))
            .SelectMany(reference => reference.Attribute("Include")!.Value.Split(';'));
}
