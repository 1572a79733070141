namespace Millrace.Architecture;

/// <summary>The folders of a project point one way.</summary>
public sealed class FolderArrowsTests : IDisposable
{
    private readonly DirectoryInfo _project = Directory.CreateTempSubdirectory("millrace-architecture-");

    public void Dispose() => _project.Delete(recursive: true);

    [Theory]
    [InlineData("src/Producer", "Millrace.Producer")]
    [InlineData("src/Scoring", "Millrace.Scoring")]
    [InlineData("src/Cli", "Millrace.Cli")]
    public void No_two_folders_know_each_other_over_whatever_way(string folder, string rootNamespace) =>
        Assert.Null(Circle.In(FolderArrows.Read(Repository.Folder(folder), rootNamespace)));

    [Fact]
    public void A_folders_tests_lie_in_the_folder_of_the_same_name()
    {
        var strays =
            from project in new[] { "Producer", "Scoring", "Cli" }
            let tests = Repository.Folder($"tests/{project}.Tests")
            from folder in Directory.EnumerateDirectories(tests).Select(path => Path.GetFileName(path))
            where folder is not ("bin" or "obj") && !Directory.Exists(Repository.Folder($"src/{project}/{folder}"))
            select $"tests/{project}.Tests/{folder}";

        Assert.Empty(strays);
    }

    [Fact]
    public void A_using_a_full_name_and_the_name_of_a_type_at_the_top_are_arrows()
    {
        Write("Top.cs", "namespace A;\n\ninternal sealed class Top;\n");
        Write("B/One.cs", "using A.C;\n\nnamespace A.B;\n\ninternal sealed class One { Two two; }\n");
        Write("C/Two.cs", "namespace A.C;\n\ninternal sealed class Two { A.D.Three three; }\n");
        Write("D/Three.cs", "namespace A.D;\n\ninternal sealed class Three { Top top; }\n");

        var arrows = FolderArrows.Read(_project.FullName, "A");

        Assert.Equal([], arrows["."]);
        Assert.Equal(["C"], arrows["B"]);
        Assert.Equal(["D"], arrows["C"]);
        Assert.Equal(["."], arrows["D"]);
        Assert.Null(Circle.In(arrows));
    }

    [Fact]
    public void Comments_texts_and_members_are_no_arrows()
    {
        Write("Top.cs", "namespace A;\n\npublic sealed record Top;\n");
        Write("B/One.cs", "namespace A.B;\n\n/// <see cref=\"Top\"/> A.C.Two\ninternal sealed class One { string s = \"A.C.Two Top\"; object o = x.Top; }\n");
        Write("C/Two.cs", "namespace A.C;\n\ninternal sealed class Two;\n");

        Assert.Equal([], FolderArrows.Read(_project.FullName, "A")["B"]);
    }

    [Fact]
    public void A_circle_is_told_with_all_that_are_in_it()
    {
        Write("Top.cs", "using A.B;\n\nnamespace A;\n\ninternal sealed class Top { One one; }\n");
        Write("B/One.cs", "using A.C;\n\nnamespace A.B;\n\ninternal sealed class One { Two two; }\n");
        Write("C/Two.cs", "namespace A.C;\n\ninternal sealed class Two { Top top; }\n");

        Assert.Equal(". -> B -> C -> .", Circle.In(FolderArrows.Read(_project.FullName, "A")));
    }

    private void Write(string path, string source)
    {
        var file = Path.Combine(_project.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, source);
    }
}
