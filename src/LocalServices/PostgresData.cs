namespace Millrace.LocalServices;

/// <summary>Makes a server's data folder with <c>initdb</c>.</summary>
internal static class PostgresData
{
    public const string FolderName = "data";

    private const string MarkerName = "initialized";

    /// <summary>Does nothing where it was made before.</summary>
    /// <exception cref="LocalServiceException">initdb failed, or its user may not enter the folder.</exception>
    public static async Task MakeAsync(
        ServerFolder folder, string programs, string owner, string password, CancellationToken cancellationToken)
    {
        // initdb fills the folder step by step; only the marker behind its last step says that it is whole.
        if (File.Exists(folder.PathOf(MarkerName)))
        {
            return;
        }

        var user = ServerUser.ForPostgres();
        var data = folder.MakeFolder(FolderName);
        var passwordFile = folder.WriteSecret("initdb.password", password);
        try
        {
            await GiveAsync(folder, user, [data, passwordFile], cancellationToken);
            string[] initdb =
            [
                Path.Combine(programs, "initdb"), "--pgdata", data, "--username", owner, "--pwfile", passwordFile,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
            ];
            await Commands.RunAsync("setpriv", [.. user.LauncherArguments, .. initdb], cancellationToken);
            await File.WriteAllTextAsync(folder.PathOf(MarkerName), "", cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    private static async Task GiveAsync(ServerFolder folder, ServerUser user, string[] paths, CancellationToken cancellationToken)
    {
        if (user.Owner is null)
        {
            return;
        }

        // The server's user goes through the folder to its data, and sees nothing else there.
        File.SetUnixFileMode(folder.Root, File.GetUnixFileMode(folder.Root) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await Commands.RunAsync("chown", [user.Owner, .. paths], cancellationToken);
        try
        {
            await Commands.RunAsync("setpriv", [.. user.LauncherArguments, "test", "-x", folder.PathOf(FolderName)], cancellationToken);
        }
        catch (LocalServiceException e)
        {
            throw new LocalServiceException(
                $"Postgres does not run as root, and the user 'nobody' may not enter {folder.Root}. Choose a folder outside root's home, "
                + "or run as another user.",
                e);
        }
    }
}
