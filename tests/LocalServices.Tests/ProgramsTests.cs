namespace Millrace.LocalServices.Tests;

public sealed class ProgramsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-programs-");

    [Fact]
    public void A_file_and_a_link_that_leads_to_one_over_whatever_way_are_programs()
    {
        File.WriteAllText(At("program"), "");
        File.CreateSymbolicLink(At("link"), At("program"));
        File.CreateSymbolicLink(At("second"), "link");

        Assert.All(["program", "link", "second"], name => Assert.True(Programs.IsThere(At(name)), name));
    }

    [Fact]
    public void What_is_not_there_a_folder_and_a_link_that_leads_to_no_file_are_none()
    {
        Directory.CreateDirectory(At("folder"));
        File.CreateSymbolicLink(At("to-folder"), At("folder"));
        File.CreateSymbolicLink(At("dangling"), At("gone"));
        File.CreateSymbolicLink(At("second"), "dangling");
        File.CreateSymbolicLink(At("round"), At("about"));
        File.CreateSymbolicLink(At("about"), At("round"));

        Assert.All(
            ["missing", "folder", "to-folder", "dangling", "second", "round"], name => Assert.False(Programs.IsThere(At(name)), name));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string name) => Path.Combine(_folder.FullName, name);
}
