using System.Globalization;

namespace Millrace.Results;

/// <summary>One step of a schema: an embedded script <c>Migrations/NNNN_name.sql</c> beside the store's class.</summary>
/// <param name="Version">The schema's version once the script has run, from 1.</param>
/// <param name="Name">The file's name after the number.</param>
/// <param name="Sql">The script; runs inside a transaction.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>The scripts in the namespace of <paramref name="store"/>, in order.</summary>
    public static IReadOnlyList<Migration> LoadFor(Type store)
    {
        var prefix = store.Namespace + ".Migrations.";
        var migrations = store.Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Load(store, name, name[prefix.Length..]))
            .ToArray();
        for (var i = 0; i < migrations.Length; i++)
        {
            if (migrations[i].Version != i + 1)
            {
                throw new InvalidOperationException($"{prefix}: expected migration {i + 1}, found {migrations[i].Version}.");
            }
        }

        return migrations;
    }

    private static Migration Load(Type store, string resource, string file)
    {
        using var reader = new StreamReader(store.Assembly.GetManifestResourceStream(resource)!);
        var separator = file.IndexOf('_', StringComparison.Ordinal);
        return new Migration(
            int.Parse(file.AsSpan(0, separator), NumberStyles.None, CultureInfo.InvariantCulture),
            Path.GetFileNameWithoutExtension(file[(separator + 1)..]),
            reader.ReadToEnd());
    }
}
