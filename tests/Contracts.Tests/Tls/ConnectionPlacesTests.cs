using System.Text.RegularExpressions;
using Xunit;

namespace Millrace.Contracts.Tests.Tls;

/// <summary>
/// Who connects to the broker decides how its certificate is checked, and the libraries' defaults are not to be had: a new place is to be
/// seen, and to get a test with a wrong certificate like the others.
/// </summary>
public sealed class ConnectionPlacesTests
{
    [Theory]
    [InlineData(@"\bConnectionFactory\b", "src/Producer/BrokerConnection.cs", "src/Worker/Broker/BrokerOptions.cs")]
    [InlineData("UsingRabbitMq")]
    [InlineData("SslOption|UseSsl", "src/Producer/BrokerConnection.cs", "src/Worker/Broker/BrokerTls.cs")]
    [InlineData("SslStream|TcpClient", "src/Contracts/Tls/CertificateCheck.cs", "src/Contracts/Tls/PortProbe.cs", "src/LocalServices/RabbitMqServer.cs", "src/Results/Postgres/ServerCertificate.cs")]
    public void Connections_are_made_nowhere_else(string pattern, params string[] places)
    {
        var root = Repository();
        var found = Directory.EnumerateFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal))
            .Where(file => Regex.IsMatch(File.ReadAllText(Path.Combine(root, file)), pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10)))
            .Order(StringComparer.Ordinal);

        Assert.Equal(places, found);
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
