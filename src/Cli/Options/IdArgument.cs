using System.CommandLine;
using System.CommandLine.Parsing;

namespace Millrace.Cli.Options;

/// <summary>Arguments that are UUIDs.</summary>
internal static class IdArgument
{
    /// <summary>One.</summary>
    public static Argument<Guid> Create(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Read(name, result)[0],
    };

    /// <summary>One or more.</summary>
    public static Argument<Guid[]> CreateMany(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => Read(name, result),
    };

    private static Guid[] Read(string name, ArgumentResult result)
    {
        var ids = new Guid[result.Tokens.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (!Guid.TryParseExact(result.Tokens[i].Value, "D", out ids[i]))
            {
                result.AddError($"{name}: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, found '{result.Tokens[i].Value}'");
            }
        }

        return ids;
    }
}
