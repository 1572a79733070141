namespace Millrace.LocalServices.Tests;

internal static class Folders
{
    /// <summary>Lets every user through: root's temporary folders are closed, and as root Postgres runs as nobody.</summary>
    public static void OpenToAll(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }
}
