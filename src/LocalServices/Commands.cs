using System.Diagnostics;

namespace Millrace.LocalServices;

/// <summary>Runs a short program to its end.</summary>
internal static class Commands
{
    /// <summary>Runs it and requires the exit code 0.</summary>
    /// <param name="program">Its file, or its name where it is in PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="setEnvironment">Changes the environment that it inherits; null for nothing.</param>
    /// <exception cref="LocalServiceException">It failed; the message has what it wrote to stderr.</exception>
    public static async Task RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        Action<IDictionary<string, string?>>? setEnvironment = null)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The folder that we are in may be closed to the user that runs the program.
            WorkingDirectory = "/",
        };
        setEnvironment?.Invoke(info.Environment);
        using var process = Process.Start(info) ?? throw new LocalServiceException($"{program} could not be started.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = await process.StandardError.ReadToEndAsync(cancellationToken);
            await output;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new LocalServiceException($"{program} ended with exit code {process.ExitCode}: {error.Trim()}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
