using System.Formats.Tar;
using System.IO.Compression;

namespace Millrace.Integration.Tests;

/// <summary>A Vulkan driver that computes on the CPU, as Chromium carries it: a GPU for who has none.</summary>
internal sealed class SwiftShader : IDisposable
{
    private readonly DirectoryInfo _folder;

    private SwiftShader(DirectoryInfo folder) => _folder = folder;

    /// <summary>What makes a process use it and no other driver.</summary>
    public (string Key, string Value)[] Settings =>
    [
        ("VK_DRIVER_FILES", Driver),
        ("VK_ICD_FILENAMES", Driver), // Vulkan loaders before 1.3.207
        ("LD_LIBRARY_PATH", _folder.FullName), // its own loader
    ];

    private string Driver => Path.Combine(_folder.FullName, "vk_swiftshader_icd.json");

    /// <summary>Unpacks it. Skips the test where it was not fetched.</summary>
    public static async Task<SwiftShader> UnpackAsync(CancellationToken cancellationToken)
    {
        var archive = WebGpuWorker.Fetched("swiftshader.tar.br");
        var shader = new SwiftShader(Directory.CreateTempSubdirectory("millrace-swiftshader."));
        await using var file = File.OpenRead(archive);
        await using var tar = new BrotliStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, shader._folder.FullName, overwriteFiles: false, cancellationToken);
        return shader;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
