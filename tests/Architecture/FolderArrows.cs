using System.Text.RegularExpressions;

namespace Millrace.Architecture;

/// <summary>
/// Which folders of a project know which, as its sources say it. A folder is a namespace here; a type of another folder needs that one's
/// namespace in a <c>using</c> or in its name, and one of the project's top folder, whose namespace all others are in, only its own name.
/// A <c>using</c> that is not needed does not build.
/// </summary>
internal static partial class FolderArrows
{
    // Milliseconds; a file takes less than one.
    private const int Patience = 10_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(Patience);

    /// <summary>What the project's own folder is called.</summary>
    public const string Top = ".";

    /// <summary>Reads a project's sources.</summary>
    /// <param name="folder">The project's.</param>
    /// <param name="rootNamespace">Its root namespace.</param>
    /// <returns>For each folder those that it knows.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyCollection<string>> Read(string folder, string rootNamespace)
    {
        var files = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Folder: FolderOf(folder, path), Text: Plain(File.ReadAllText(path))))
            .Where(file => file.Folder.Split('/')[0] is not ("bin" or "obj"))
            .ToList();
        var folders = files.Select(file => file.Folder).Distinct(StringComparer.Ordinal).ToList();
        var named = folders.Where(name => name != Top).ToDictionary(
            name => name, name => new Regex($@"\b{Regex.Escape($"{rootNamespace}.{name.Replace('/', '.')}")}\b", RegexOptions.None, s_patience), StringComparer.Ordinal);
        var topTypes = files.Where(file => file.Folder == Top).SelectMany(file => Declaration().Matches(file.Text)).Select(match => match.Groups["name"].Value).ToList();
        var top = topTypes.Count == 0 ? null : new Regex($@"(?<![.\w])({string.Join('|', topTypes)})\b", RegexOptions.None, s_patience);

        return folders.ToDictionary(
            name => name,
            name => (IReadOnlyCollection<string>)Known(name).ToList(),
            StringComparer.Ordinal);

        IEnumerable<string> Known(string name)
        {
            var texts = files.Where(file => file.Folder == name).Select(file => Namespace().Replace(file.Text, "")).ToList();
            return folders.Where(other => other != name && texts.Exists(text => (other == Top ? top : named[other])?.IsMatch(text) is true));
        }
    }

    private static string FolderOf(string folder, string path) =>
        Path.GetRelativePath(folder, Path.GetDirectoryName(path)!).Replace('\\', '/');

    /// <summary>Without comments and texts, which may name anything. What is filled into a text goes with it.</summary>
    private static string Plain(string source) => CommentOrText().Replace(source, " ");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline, Patience)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^namespace [\w.]+;", RegexOptions.Multiline, Patience)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:public|internal) (?:[a-z]+ )*(?:class|record|struct|interface|enum) (?<name>\w+)", RegexOptions.Multiline, Patience)]
    private static partial Regex Declaration();
}
